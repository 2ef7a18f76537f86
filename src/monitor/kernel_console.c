#define _GNU_SOURCE
#include "kernel_console.h"
#include "../host/domain.h"
#include "../protocol/nodes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int kernel_console_tty(struct xenstore *xs, unsigned domid, int access) {
    char tty[64];
    int rc = xenstore_read(xs, domain_node(domid, NODE_CONSOLE_TTY).path, tty, sizeof tty);
    if (rc < 0 || strncmp(tty, "/dev/pts/", 9)) return -1;
    return open(tty, access | O_NOCTTY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);
}

bool kernel_console_open(struct kernel_console *console, struct xenstore *xs, unsigned domid) {
    if (console->tty < 0) console->tty = kernel_console_tty(xs, domid, O_RDWR);
    return console->tty >= 0;
}

static void remember(struct kernel_console *console, const unsigned char *bytes, size_t length) {
    char *tail = console->tail;
    for (size_t i = 0; i < length; i++) {
        if (bytes[i] == '\n' ? console->length == 0 || tail[console->length - 1] == '\n'
                             : bytes[i] < ' ' || bytes[i] > '~')
            continue;
        if (console->length == CONSOLE_TAIL - 1) {
            console->length -= CONSOLE_TAIL / 2;
            memmove(tail, tail + CONSOLE_TAIL / 2, console->length);
        }
        tail[console->length++] = (char)bytes[i];
    }
    tail[console->length] = '\0';
}

static void lose_tty(struct kernel_console *console) {
    close(console->tty);
    console->tty = -1;
}

// Whether a call on the terminal can be tried again.
static bool is_for_now(void) {
    return errno == EAGAIN || errno == EINTR;
}

static size_t take(struct relay *relay) {
    struct kernel_console *console = relay->carrier_state;
    struct output *output = &relay->outputs[0];
    unsigned char bytes[2048];
    size_t room = output_room(output);
    if (console->tty < 0 || room == 0) return 0;
    ssize_t length = read(console->tty, bytes, room < sizeof bytes ? room : sizeof bytes);
    if (length > 0) {
        output_add(output, bytes, (size_t)length);
        remember(console, bytes, (size_t)length);
        return (size_t)length;
    }
    if (length == 0 || !is_for_now()) lose_tty(console); // with its domain, or xenconsoled
    return 0;
}

// Drops the header of a frame that nothing was sent of yet, and with it a frame that is no
// input.
static void strip_header(struct input *input) {
    if (input->length == 0 || input->start > 0) return;
    const bool is_input = input->pending[0] == FRAME_INPUT;
    input->start = FRAME_HEADER;
    input->length = is_input ? input->length - FRAME_HEADER : 0;
}

static void send_input(struct relay *relay, bool readable) {
    struct kernel_console *console = relay->carrier_state;
    struct input *input = &relay->input;
    while (console->tty >= 0) {
        if (input->length == 0) {
            if (!input_next_frame(input, readable)) return;
            readable = false;
        }
        strip_header(input);
        if (input->length == 0) continue;
        ssize_t written = write(console->tty, input->pending + input->start, input->length);
        if (written < 0 && !is_for_now()) lose_tty(console);
        if (written <= 0) return;
        input->start += (size_t)written;
        input->length -= (size_t)written;
    }
}

static bool is_connected(const struct relay *relay) {
    const struct kernel_console *console = relay->carrier_state;
    return console->tty >= 0;
}

static struct pollfd waits_for(const struct relay *relay) {
    const struct kernel_console *console = relay->carrier_state;
    struct pollfd ready = {.fd = -1};
    if (output_room(&relay->outputs[0]) > 0) ready.events |= POLLIN;
    if (relay->input.length > 0) ready.events |= POLLOUT;
    // A terminal that was hung up is ready for anything.
    if (ready.events != 0) ready.fd = console->tty;
    return ready;
}

const struct carrier kernel_console_carrier = {take, send_input, is_connected, waits_for};

void kernel_console_drain(struct relay *relay) {
    enum { SILENT_MS = 500, SLOW_MS = 1000 };
    const struct kernel_console *console = relay->carrier_state;
    relay->input.length = 0;
    for (;;) {
        bool more = relay_pump(relay, false);
        struct pollfd fds[] = {waits_for(relay),
                               {.fd = output_waits_for(&relay->outputs[0]), .events = POLLOUT}};
        if (more) continue;
        if (console->tty < 0) return;
        if (poll(fds, 2, fds[1].fd < 0 ? SILENT_MS : SLOW_MS) == 0) return;
    }
}

const char *kernel_console_last_words(struct kernel_console *console) {
    enum { LINES = 10 };
    char *tail = console->tail, *start = NULL;
    size_t length = console->length;
    if (length > 0 && tail[length - 1] == '\n') tail[--length] = '\0';
    for (char *next = tail; (next = strstr(next, "Kernel panic")); next++) start = next;
    if (start) {
        while (start > tail && start[-1] != '\n') start--;
        char *end = start;
        for (int line = 0; line < LINES && (end = strchr(end, '\n')); line++) end++;
        if (end) end[-1] = '\0';
        return start;
    }
    start = tail + length;
    for (int line = 0; start > tail; start--)
        if (start[-1] == '\n' && ++line == LINES) break;
    return start;
}
