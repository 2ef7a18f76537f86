#define _GNU_SOURCE
#include "kernel_console.h"
#include "relay.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int kernel_console_tty(struct xenstore *xs, unsigned domid, int access) {
    char path[64], tty[64];
    snprintf(path, sizeof path, "/local/domain/%u/console/tty", domid);
    if (xenstore_read(xs, 0, path, tty, sizeof tty) < 0 || strncmp(tty, "/dev/pts/", 9)) return -1;
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

size_t kernel_console_take(struct relay *relay) {
    struct kernel_console *console = relay->kernel_console;
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

void kernel_console_send(struct relay *relay, bool readable) {
    struct kernel_console *console = relay->kernel_console;
    struct input *input = &relay->input;
    if (input->length == 0 && readable && input->fd >= 0) {
        ssize_t length = read(input->fd, input->pending, sizeof input->pending);
        if (length == 0 || (length < 0 && !is_for_now())) input->fd = -1; // no console can say so
        input->start = 0;
        input->length = length > 0 ? (size_t)length : 0;
    }
    if (input->length == 0 || console->tty < 0) return;
    ssize_t written = write(console->tty, input->pending + input->start, input->length);
    if (written < 0 && !is_for_now()) lose_tty(console);
    if (written <= 0) return;
    input->start += (size_t)written;
    input->length -= (size_t)written;
}

struct pollfd kernel_console_waits_for(const struct relay *relay) {
    struct pollfd ready = {.fd = -1};
    if (!relay->kernel_console) return ready;
    if (output_room(&relay->outputs[0]) > 0) ready.events |= POLLIN;
    if (relay->input.length > 0) ready.events |= POLLOUT;
    // A terminal that was hung up is ready for anything.
    if (ready.events != 0) ready.fd = relay->kernel_console->tty;
    return ready;
}

void kernel_console_drain(struct relay *relay) {
    enum { SILENT_MS = 500, SLOW_MS = 1000 };
    relay->input.length = 0;
    for (;;) {
        bool more = relay_pump(relay, false);
        struct pollfd fds[] = {kernel_console_waits_for(relay),
                               {.fd = relay_waits_for(relay, 0), .events = POLLOUT}};
        if (more) continue;
        if (relay->kernel_console->tty < 0) return;
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
