// A guest's 9P request on its way to the server, and the reply (src/backend/9p/walk.c).
#define _GNU_SOURCE
#include "../../src/backend/9p/walk.h"
#include "../../src/protocol/limits.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

enum { HEADER = 7, ATTACH_MAX = 128 };

static uint32_t size_of(const uint8_t *message) {
    return (uint32_t)message[0] | (uint32_t)message[1] << 8 | (uint32_t)message[2] << 16 |
           (uint32_t)message[3] << 24;
}

// The first byte: how many files the share has; a directory, if none.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct export exports[MAX_EXPORTS];
    if (size < 1 + HEADER) return 0;
    exports[0].file = data[0] > 0;
    const struct share share = {
        .tag = "share1", .exports = exports, .export_count = data[0] > 0 ? data[0] : 1};
    uint32_t length = (uint32_t)size - 1;
    uint8_t *message = malloc(length > ATTACH_MAX ? length : ATTACH_MAX);
    memcpy(message, data + 1, length);
    if (walk_to_attach(&share, message, &length)) {
        MUST(exports[0].file);
        MUST(length <= ATTACH_MAX && length == size_of(message));
        MUST(memmem(message, length, "/export/share1/", 15) != NULL);
    } else {
        MUST(length == size - 1 && memcmp(message, data + 1, length) == 0);
    }
    free(message);
    length = (uint32_t)size - 1;
    message = malloc(length + 2);
    memcpy(message, data + 1, length);
    walk_from_attach(message, &length);
    MUST(length == size - 1 || (length == size + 1 && length == size_of(message)));
    free(message);
    return 0;
}
