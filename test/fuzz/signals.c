// The signals that Dom0 has queued (initrd/process/session/signal_queue.c).
#include "../../initrd/process/session/signal_queue.h"
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// One is taken as it is written, and taken again when it is written like that.
static void check(const struct queued_signal *signal, const char *text) {
    struct queued_signal again;
    char word[32];
    MUST(signal->slot > 0 && signal->number >= 1 && signal->number <= 64);
    snprintf(word, sizeof word, "%u:%s%d", signal->slot, signal->all ? "-" : "", signal->number);
    const char *rest = word;
    MUST(signal_queue_next(&rest, &again) && *rest == '\0');
    MUST(again.slot == signal->slot && again.number == signal->number && again.all == signal->all);
    MUST(strchr(text, ':'));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *text = malloc(size + 1);
    struct queued_signal signal;
    memcpy(text, data, size);
    text[size] = '\0';
    const char *rest = text;
    for (const char *before = rest; signal_queue_next(&rest, &signal); before = rest) {
        MUST(rest > before && rest <= text + strlen(text));
        check(&signal, text);
    }
    MUST(*rest == '\0');
    free(text);
    return 0;
}
