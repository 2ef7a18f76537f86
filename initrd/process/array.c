#include "array.h"

#include <stdlib.h>
#include <string.h>

void *array_append(void *array, size_t *count, size_t size) {
    char *grown = realloc(array, (*count + 2) * size);
    if (!grown) abort();
    memset(grown + *count * size, 0, 2 * size);
    (*count)++;
    return grown;
}
