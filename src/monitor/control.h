// The lines that a monitor and runx exchange on descriptor 3, a socket; README.md says which.
#pragma once

#include "../host/domain.h"

#include <stdbool.h>
#include <stddef.h>

enum { CONTROL_FD = 3 };

struct control {
    int fd;        // -1: the stream has ended
    size_t length; // of what has been read and not taken
    char buffer[256];
};

enum control_word {
    CONTROL_UNKNOWN,
    CONTROL_NAME,    // and the domain's name
    CONTROL_DOMAIN,  // and its number
    CONTROL_PROCESS, // and how many bytes of a record follow
    CONTROL_COMMIT,
};

struct control_line {
    enum control_word word;
    char name[DOMAIN_NAME_MAX];
    unsigned number;
};

void control_open(struct control *control);
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
