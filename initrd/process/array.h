// Arrays that grow, and are never freed.
#pragma once

#include <stddef.h>

// Adds a zeroed element of this size; another one, which a list of pointers ends with, is behind
// it.
void *array_append(void *array, size_t *count, size_t size);
