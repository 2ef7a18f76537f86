#include "signal_queue.h"
#include "../../../src/protocol/number.h"

#include <limits.h>
#include <stdint.h>
#include <string.h>

enum { LONGEST = 16, LAST_SIGNAL = 64 };

static bool parse(char *word, struct queued_signal *signal) {
    char *colon = strchr(word, ':');
    uint64_t slot, number;
    if (!colon) return false;
    *colon++ = '\0';
    signal->all = *colon == '-';
    if (!number_parse(word, 10, &slot) || slot == 0 || slot > INT_MAX) return false;
    if (!number_parse(colon + signal->all, 10, &number)) return false;
    if (number == 0 || number > LAST_SIGNAL) return false;
    signal->slot = (unsigned)slot;
    signal->number = (int)number;
    return true;
}

bool signal_queue_next(const char **queue, struct queued_signal *signal) {
    for (;;) {
        char word[LONGEST + 1];
        const char *start = *queue + strspn(*queue, " ");
        size_t length = strcspn(start, " ");
        *queue = start + length;
        if (length == 0) return false;
        if (length > LONGEST) continue;
        memcpy(word, start, length);
        word[length] = '\0';
        if (parse(word, signal)) return true;
    }
}
