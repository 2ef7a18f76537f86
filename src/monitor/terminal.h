// The host's side of a container's terminal.
#pragma once

#include <stdbool.h>
#include <sys/ioctl.h>
#include <termios.h>

struct terminal {
    bool raw; // and `before` is how it was
    int fd;
    struct termios before;
};

// Opens a pseudoterminal, sends its master over the Unix socket at `path` as
// engines expect (one descriptor, some data, no answer), and returns the slave,
// of this size unless it is 0, raw and the caller's controlling terminal; a negative errno on
// failure.
int terminal_send_master(struct terminal *terminal, const char *path, const struct winsize *size);
// Makes the terminal pass bytes as they are; terminal_restore undoes it.
void terminal_make_raw(struct terminal *terminal, int fd);
void terminal_restore(struct terminal *terminal);
