// What a 9P message looks like: intro(5) of Plan 9, and 9P2000.L (diod's protocol.md).
#pragma once

#include <stdint.h>

enum {
    RLERROR = 7,
    TREADDIR = 40,
    TVERSION = 100,
    RVERSION = 101,
    TATTACH = 104,
    RATTACH = 105,
    TFLUSH = 108,
    RFLUSH = 109,
    TWALK = 110,
    RWALK = 111,
    TREAD = 116,
    RREAD = 117,
    TWRITE = 118,
    RWRITE = 119,
    TCLUNK = 120,
    TREMOVE = 122,
};

enum {
    MESSAGE_HEADER = 7, // size[4] type[1] tag[2]
    NOTAG = 0xffff,     // of Tversion
};

static inline uint64_t message_get(const uint8_t *from, unsigned bytes) {
    uint64_t value = 0;
    while (bytes-- > 0) value = value << 8 | from[bytes];
    return value;
}

// Gives what follows.
static inline uint8_t *message_put(uint8_t *to, uint64_t value, unsigned bytes) {
    for (; bytes-- > 0; value >>= 8) *to++ = (uint8_t)value;
    return to;
}

static inline uint32_t message_size(const uint8_t *message) {
    return (uint32_t)message_get(message, 4);
}

static inline uint16_t message_tag(const uint8_t *message) {
    return (uint16_t)message_get(message + 5, 2);
}

static inline void message_set_tag(uint8_t *message, uint16_t tag) {
    message_put(message + 5, tag, 2);
}

static inline uint8_t *message_put_header(uint8_t *message, uint32_t size, uint8_t type,
                                          uint16_t tag) {
    return message_put(message_put(message_put(message, size, 4), type, 1), tag, 2);
}
