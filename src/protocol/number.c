#include "number.h"

static unsigned digit_of(char c) {
    if (c >= '0' && c <= '9') return (unsigned)(c - '0');
    return c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10 : UINT32_MAX;
}

bool number_parse(const char *text, unsigned base, uint64_t *number) {
    uint64_t value = 0;
    if (!*text) return false;
    for (; *text; text++) {
        unsigned digit = digit_of(*text);
        if (digit >= base || value > (UINT64_MAX - digit) / base) return false;
        value = value * base + digit;
    }
    *number = value;
    return true;
}
