#include "control.h"
#include "../protocol/number.h"
#include "../protocol/read_full.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void control_open(struct control *control) {
    *control = (struct control){.fd = CONTROL_FD};
}

int control_open_fifo(struct control *control) {
    *control = (struct control){.fd = -1};
    if (mkfifo(CONTROL_FIFO, 0600) < 0) return -errno;
    // Open for writing too, so that it has no end while nobody else writes.
    control->fd = open(CONTROL_FIFO, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    return control->fd < 0 ? -errno : 0;
}

bool control_receive(struct control *control) {
    const size_t room = sizeof control->buffer - control->length;
    ssize_t n = room > 0 ? read(control->fd, control->buffer + control->length, room) : 0;
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) return true;
    if (n > 0) {
        control->length += (size_t)n;
        return true;
    }
    close(control->fd);
    control->fd = -1;
    return false;
}

static bool parse_number(const char *text, unsigned *number) {
    uint64_t value;
    if (!number_parse(text, 10, &value) || value > UINT_MAX) return false;
    *number = (unsigned)value;
    return true;
}

static enum control_word parse(const char *text, struct control_line *line) {
    if (!strncmp(text, "name ", 5)) {
        const int length = snprintf(line->name, sizeof line->name, "%s", text + 5);
        return length > 0 && length < (int)sizeof line->name ? CONTROL_NAME : CONTROL_UNKNOWN;
    }
    static const struct {
        const char *text;
        enum control_word word;
        bool all;
    } numbered[] = {{"process ", CONTROL_PROCESS, false},
                    {"signal all ", CONTROL_SIGNAL, true},
                    {"signal ", CONTROL_SIGNAL, false},
                    {"destroy ", CONTROL_DESTROY, false}},
      bare[] = {{"domain", CONTROL_DOMAIN, false},
                {"commit", CONTROL_COMMIT, false},
                {"network", CONTROL_NETWORK, false},
                {"start", CONTROL_START, false}};
    for (size_t i = 0; i < sizeof numbered / sizeof *numbered; i++) {
        const size_t length = strlen(numbered[i].text);
        if (strncmp(text, numbered[i].text, length) != 0) continue;
        line->all = numbered[i].all;
        return parse_number(text + length, &line->number) ? numbered[i].word : CONTROL_UNKNOWN;
    }
    for (size_t i = 0; i < sizeof bare / sizeof *bare; i++)
        if (!strcmp(text, bare[i].text)) return bare[i].word;
    return CONTROL_UNKNOWN;
}

static void drop(struct control *control, size_t length) {
    control->length -= length;
    memmove(control->buffer, control->buffer + length, control->length);
}

bool control_next(struct control *control, struct control_line *line) {
    char *end = memchr(control->buffer, '\n', control->length);
    if (!end) return false;
    *end = '\0';
    line->word = parse(control->buffer, line);
    drop(control, (size_t)(end + 1 - control->buffer));
    return true;
}

bool control_read(struct control *control, char *bytes, size_t size) {
    const size_t length = size < control->length ? size : control->length;
    memcpy(bytes, control->buffer, length);
    drop(control, length);
    size -= length;
    return size == 0 || read_full(control->fd, bytes + length, size) == (ssize_t)size;
}

void control_say(const struct control *control, const char *format, ...) {
    char line[2048];
    va_list arguments;
    if (control->fd < 0) return;
    va_start(arguments, format);
    vsnprintf(line, sizeof line - 1, format, arguments);
    va_end(arguments);
    for (char *c = line; *c; c++)
        if (*c == '\n') *c = ' ';
    strcat(line, "\n");
    (void)!write(control->fd, line, strlen(line));
}
