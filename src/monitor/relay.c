#include "relay.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FRAME_HEADER = 3 };

void output_open(struct output *output, int fd) {
    struct stat info;
    char path[32];
    output->fd = fd;
    output->nonblocking = false;
    // The descriptor itself is shared with the engine and must stay as it is.  A pipe
    // can be opened anew; a file would lose its place.
    if (fstat(fd, &info) < 0 || !S_ISFIFO(info.st_mode)) return;
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    int own = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    if (own < 0) return;
    output->fd = own;
    output->nonblocking = true;
}

size_t output_take(struct output *output, const struct channels *channels) {
    const void *bytes;
    size_t available, taken = 0;
    while ((available = console_peek(output->console, &bytes)) > 0) {
        if (!output->ready) {
            output->ready = true;
            console_consume(output->console, channels, 1);
            continue;
        }
        if (!output->broken) {
            size_t room = sizeof output->bytes - output->length;
            if (room == 0) break;
            if (available > room) available = room;
            memcpy(output->bytes + output->length, bytes, available);
            output->length += available;
        }
        console_consume(output->console, channels, available);
        taken += available;
    }
    return taken;
}

void output_write(struct output *output) {
    size_t done = 0;
    output->blocked = false;
    while (done < output->length && !output->broken && !output->blocked) {
        // A pipe that polls writable takes this much at once.
        enum { PIECE = 4096 };
        size_t length = output->length - done;
        struct pollfd ready = {.fd = output->fd, .events = POLLOUT};
        if (!output->nonblocking) {
            if (length > PIECE) length = PIECE;
            if (poll(&ready, 1, 0) == 0) {
                output->blocked = true;
                break;
            }
        }
        ssize_t written = write(output->fd, output->bytes + done, length);
        if (written > 0)
            done += (size_t)written;
        else if (errno == EAGAIN)
            output->blocked = true;
        else if (errno != EINTR)
            output->broken = true;
    }
    if (output->broken) done = output->length;
    output->length -= done;
    memmove(output->bytes, output->bytes + done, output->length);
}

// Appends a frame to what is pending, which must be empty.
static void put_frame(struct input *input, enum frame type, const void *bytes, size_t length) {
    input->pending[0] = (unsigned char)type;
    input->pending[1] = (unsigned char)(length & 0xff);
    input->pending[2] = (unsigned char)(length >> 8);
    if (length > 0) memmove(input->pending + FRAME_HEADER, bytes, length);
    input->start = 0;
    input->length = FRAME_HEADER + length;
}

static void put_window(struct input *input) {
    struct winsize size = {0};
    (void)ioctl(input->fd, TIOCGWINSZ, &size);
    const unsigned char bytes[] = {
        (unsigned char)(size.ws_row & 0xff), (unsigned char)(size.ws_row >> 8),
        (unsigned char)(size.ws_col & 0xff), (unsigned char)(size.ws_col >> 8)};
    put_frame(input, FRAME_WINDOW, bytes, sizeof bytes);
}

// Makes the next frame; false when there is nothing to say.
static bool next_frame(struct input *input, bool readable) {
    if (input->window) {
        input->window = false;
        put_window(input);
        return true;
    }
    for (unsigned char stream = 1; stream <= 2; stream++) {
        if (input->closed[stream]) {
            input->closed[stream] = false;
            put_frame(input, FRAME_CLOSED, &stream, 1);
            return true;
        }
    }
    if (input->end) {
        input->end = false;
        put_frame(input, FRAME_END, NULL, 0);
        return true;
    }
    if (!readable || input->fd < 0) return false;
    unsigned char *bytes = input->pending + FRAME_HEADER;
    ssize_t length = read(input->fd, bytes, sizeof input->pending - FRAME_HEADER);
    if (length > 0) {
        put_frame(input, FRAME_INPUT, bytes, (size_t)length);
        return true;
    }
    if (length < 0 && (errno == EINTR || errno == EAGAIN)) return false;
    input->fd = -1;
    put_frame(input, FRAME_END, NULL, 0);
    return true;
}

void input_pump(struct input *input, const struct channels *channels, bool readable) {
    if (input->console->state != CONSOLE_CONNECTED) return;
    for (;;) {
        if (input->length == 0) {
            if (!next_frame(input, readable)) return;
            readable = false;
        }
        size_t written =
            console_write(input->console, channels, input->pending + input->start, input->length);
        if (written == 0) return;
        input->start += written;
        input->length -= written;
    }
}
