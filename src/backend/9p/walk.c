#include "walk.h"
#include "../../protocol/number.h"
#include "../../protocol/paths.h"
#include "message.h"

#include <stdio.h>
#include <string.h>

enum { HEADER = MESSAGE_HEADER, QID = 13 };

static uint8_t *put_string(uint8_t *to, const char *text) {
    size_t length = strlen(text);
    to = message_put(to, (uint32_t)length, 2);
    memcpy(to, text, length);
    return to + length;
}

bool walk_to_attach(const struct share *share, uint8_t *message, uint32_t *length) {
    // Twalk: fid[4] newfid[4] nwname[2] { name[s] }
    const uint8_t *count = message + HEADER + 8, *name = count + 2;
    char text[8], path[64];
    uint64_t number;
    if (!share->exports[0].file || message[4] != TWALK || *length < HEADER + 12 || count[0] != 1 ||
        count[1] != 0)
        return false;
    size_t size = message_get(name, 2);
    if (size == 0 || size >= sizeof text || *length != HEADER + 12 + size) return false;
    memcpy(text, name + 2, size);
    text[size] = '\0';
    if (!number_parse(text, 10, &number) || number >= share->export_count) return false;
    snprintf(path, sizeof path, "%s/%.32s/%u", EXPORTS, share->tag, (unsigned)number);
    // Tattach: fid[4] afid[4] uname[s] aname[s] n_uname[4].  As root: the guest's kernel
    // has the say over its own users.
    memmove(message + HEADER, message + HEADER + 4, 4);
    uint8_t *to = message_put(message + HEADER + 4, ~0U, 4);
    to = message_put(put_string(put_string(to, "root"), path), 0, 4);
    *length = (uint32_t)(to - message);
    message_put_header(message, *length, TATTACH, message_tag(message));
    return true;
}

void walk_from_attach(uint8_t *message, uint32_t *length) {
    if (message[4] != RATTACH || *length != HEADER + QID) return; // an error is one for both
    memmove(message + HEADER + 2, message + HEADER, QID);
    message_put(message + HEADER, 1, 2);
    *length += 2;
    message_put_header(message, *length, RWALK, message_tag(message));
}
