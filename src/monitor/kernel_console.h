// Console 0 as the container's one stream, both ways, for a guest of the container's own:
// the terminal that xenconsoled has for it.
#pragma once

#include "../protocol/xenstore.h"

#include <poll.h>

struct relay;

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
// `take` of the relay: from the terminal, as far as there is room.
size_t kernel_console_take(struct relay *relay);
// Reads input, if `readable`, and writes it to the terminal.
void kernel_console_send(struct relay *relay, bool readable);
// What to wait for.
struct pollfd kernel_console_waits_for(const struct relay *relay);
// Takes what a guest that has ended has written and xenconsoled still has.
void kernel_console_drain(struct relay *relay);
// The last lines of the tail, from a panic on if there was one.
const char *kernel_console_last_words(struct kernel_console *console);
