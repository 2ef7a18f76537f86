// The lines that runx says to a monitor, and the monitor to runx: on descriptor 3, a socket, while
// they know each other; and later, to the monitor alone, on a FIFO in the state directory.
// README.md says which.
#pragma once

#include "../host/domain.h"

#include <stdbool.h>
#include <stddef.h>

enum { CONTROL_FD = 3 };
#define CONTROL_FIFO "control"

struct control {
    int fd;        // -1: the stream has ended
    size_t length; // of what has been read and not taken
    char buffer[256];
};

enum control_word {
    CONTROL_UNKNOWN,
    CONTROL_NAME,    // and the domain's name
    CONTROL_DOMAIN,  // the domain is there
    CONTROL_PROCESS, // and how many bytes of a record follow
    CONTROL_COMMIT,
    CONTROL_NETWORK, // the network's lines are in xenstore
    CONTROL_START,
    CONTROL_SIGNAL,  // and its number, or 0: none
    CONTROL_DESTROY, // and the number of the signal for which
};

struct control_line {
    enum control_word word;
    char name[DOMAIN_NAME_MAX];
    unsigned number;
    bool all; // processes of the container
};

void control_open(struct control *control);
// Makes the FIFO in the current directory; 0 or a negative errno.
int control_open_fifo(struct control *control);
// Reads what has come, or waits for it; false when the stream has ended, or holds a line that
// is too long.
bool control_receive(struct control *control);
// Takes the next whole line of what has been read; false when there is none.
bool control_next(struct control *control, struct control_line *line);
// Takes the `size` bytes that follow the last line; false when they do not come.
bool control_read(struct control *control, char *bytes, size_t size);
// Says a line to runx, if it still listens.  A newline in a value becomes a space.
void control_say(const struct control *control, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
