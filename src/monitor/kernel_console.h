// Console 0 as the container's one stream, both ways, for a guest of the container's own:
// the terminal that xenconsoled has for it.
#pragma once

#include "../protocol/xenstore.h"
#include "relay.h"

enum { CONSOLE_TAIL = 4096 };

struct kernel_console {
    int tty; // -1: not there yet, or not any more
    // The end of what it has written, printable, without empty lines, NUL-terminated.
    size_t length;
    char tail[CONSOLE_TAIL];
};

// Opens the terminal of a domain's console 0, for `access` (O_RDONLY, O_RDWR); -1 when
// there is none, as for a moment after the domain was made.
int kernel_console_tty(struct xenstore *xs, unsigned domid, int access);
// Opens the console unless it is; whether it is open now.
bool kernel_console_open(struct kernel_console *console, struct xenstore *xs, unsigned domid);
// Takes all bytes of output, and of input no frame but the bytes themselves, for no console
// can say more.  Its state is a struct kernel_console.
extern const struct carrier kernel_console_carrier;
// Takes what a guest that has ended has written and xenconsoled still has.
void kernel_console_drain(struct relay *relay);
// The last lines of the tail, from a panic on if there was one.
const char *kernel_console_last_words(struct kernel_console *console);
