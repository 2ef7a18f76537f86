#define _GNU_SOURCE
#include "input.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

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
    struct winsize size = input->size;
    (void)ioctl(input->fd, TIOCGWINSZ, &size);
    const unsigned char bytes[] = {
        (unsigned char)(size.ws_row & 0xff), (unsigned char)(size.ws_row >> 8),
        (unsigned char)(size.ws_col & 0xff), (unsigned char)(size.ws_col >> 8)};
    put_frame(input, FRAME_WINDOW, bytes, sizeof bytes);
}

void input_add(struct input *input, const void *bytes, size_t length) {
    put_frame(input, FRAME_INPUT, bytes, length);
}

// Makes the next piece of the process record, and its end.
static void put_record(struct input *input) {
    size_t length = input->record_length < FRAME_MAX ? input->record_length : FRAME_MAX;
    put_frame(input, length > 0 ? FRAME_RECORD : FRAME_RUN, input->record, length);
    input->record = length > 0 ? input->record + length : NULL;
    input->record_length -= length;
}

// Takes the lowest of the signals that wait; 0 when none does.
static unsigned char next_signal(struct input *input) {
    for (unsigned char signal = 1; input->signals != 0 && signal <= 64; signal++) {
        const uint64_t bit = 1ull << (signal - 1);
        if (!(input->signals & bit)) continue;
        input->signals &= ~bit;
        return signal;
    }
    return 0;
}

// Makes a frame of what a container is told before its start too; false when nothing is.
static bool put_early_news(struct input *input) {
    if (input->window) {
        input->window = false;
        put_window(input);
        return true;
    }
    if (input->network) {
        input->network = false;
        put_frame(input, FRAME_NETWORK, NULL, 0);
        return true;
    }
    if (input->run) {
        input->run = input->held = false;
        put_frame(input, FRAME_RUN, NULL, 0);
        return true;
    }
    return false;
}

// Makes a frame of what is said beside the input; false when nothing is.
static bool put_news(struct input *input) {
    const unsigned char signal = next_signal(input);
    if (signal != 0) {
        put_frame(input, FRAME_SIGNAL, &signal, 1);
        return true;
    }
    for (unsigned char stream = 1; stream <= 2; stream++) {
        if (!input->closed[stream]) continue;
        input->closed[stream] = false;
        put_frame(input, FRAME_CLOSED, &stream, 1);
        return true;
    }
    if (input->end) {
        input->end = false;
        put_frame(input, FRAME_END, NULL, 0);
        return true;
    }
    return false;
}

bool input_next_frame(struct input *input, bool readable) {
    if (input->record) {
        put_record(input);
        return true;
    }
    if (put_early_news(input)) return true;
    if (input->held) return false;
    if (put_news(input)) return true;
    if (!readable || input->fd < 0 || input->credit == 0) return false;
    unsigned char *bytes = input->pending + FRAME_HEADER;
    ssize_t length =
        read(input->fd, bytes, input->credit < FRAME_MAX ? input->credit : (size_t)FRAME_MAX);
    if (length > 0) {
        if (input->counted) input->credit -= (size_t)length;
        put_frame(input, FRAME_INPUT, bytes, (size_t)length);
        return true;
    }
    if (length < 0 && (errno == EINTR || errno == EAGAIN)) return false;
    input->fd = -1;
    put_frame(input, FRAME_END, NULL, 0);
    return true;
}
