// The lines from which the guest sets up its network (initrd/process/network/network_line.c).
#include "../../initrd/process/network/network_line.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static void check(const struct network_line *line, const char *text, size_t length) {
    size_t name = strnlen(line->name, sizeof line->name);
    MUST(name < sizeof line->name);
    if (line->kind == NETWORK_RESOLV) {
        MUST(line->text >= text && line->text + line->text_length == text + length);
        return;
    }
    // It becomes a part of paths.
    MUST(name > 0 && !strchr(line->name, '/') && strcmp(line->name, "..") != 0);
    MUST(line->prefix <= line->address.size * 8);
    const struct ip_address *all[] = {&line->address, &line->other, &line->source};
    for (int i = 0; i < 3; i++) {
        MUST(all[i]->size <= sizeof all[i]->bytes);
        MUST(i == 0 || all[i]->family == 0 || all[i]->family == line->address.family);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const char *next = (const char *)data, *end = next + size;
    while (next < end) {
        const char *newline = memchr(next, '\n', (size_t)(end - next));
        size_t length = (size_t)((newline ? newline : end) - next);
        // A copy of its own, with nothing behind it.
        char *text = malloc(length > 0 ? length : 1);
        struct network_line line;
        memcpy(text, next, length);
        const char *wrong = network_line_parse(&line, text, length);
        if (!wrong) check(&line, text, length);
        free(text);
        next += length + 1;
    }
    return 0;
}
