#define _GNU_SOURCE
#include "relay.h"
#include "terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void open_output(struct output *output, int fd) {
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

// Standard input may be somebody else's too: who loses the race for it must not wait.
static int own_input(void) {
    struct stat info;
    if (fstat(0, &info) < 0) return -1;
    if (!S_ISFIFO(info.st_mode) && !isatty(0)) return 0;
    int own = open("/proc/self/fd/0", O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    return own < 0 ? 0 : own;
}

// The engine waits for the end of the pipes that it has given to create.
static void leave_streams(void) {
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int fd = 0; fd <= 2; fd++) dup2(null, fd);
}

int relay_open(struct relay *relay, bool terminal, const char *console_socket) {
    relay->input.credit = INPUT_CREDIT;
    relay->input.window = terminal;
    relay->raw_when_ready = terminal && !console_socket;
    if (!terminal || !console_socket) {
        relay->input.fd = own_input();
        open_output(&relay->outputs[0], 1);
        open_output(&relay->outputs[1], 2);
        return 0;
    }
    int slave = terminal_send_master(console_socket);
    if (slave < 0) return slave;
    relay->input.fd = slave;
    open_output(&relay->outputs[0], slave);
    open_output(&relay->outputs[1], slave);
    leave_streams();
    return 0;
}

void relay_open_sink(struct relay *relay, bool terminal,
                     void (*sink)(const void *bytes, size_t length)) {
    relay->input.credit = INPUT_CREDIT;
    relay->input.window = terminal;
    relay->input.fd = -1;
    for (int i = 0; i < 2; i++) {
        relay->outputs[i].fd = -1;
        relay->outputs[i].sink = sink;
    }
    leave_streams();
}

size_t output_room(const struct output *output) {
    return sizeof output->bytes - output->length;
}

void output_add(struct output *output, const void *bytes, size_t length) {
    if (output->broken) return;
    if (output->sink) {
        output->sink(bytes, length);
        return;
    }
    memcpy(output->bytes + output->length, bytes, length);
    output->length += length;
}

bool relay_take_mark(struct relay *relay, unsigned console) {
    const void *bytes;
    if (!relay->ready[console] && console_peek(&relay->consoles[console], &bytes) > 0) {
        relay->ready[console] = true;
        console_consume(&relay->consoles[console], &relay->channels, 1);
    }
    return relay->ready[console];
}

size_t relay_take_streams(struct relay *relay) {
    const void *bytes;
    size_t total = 0;
    for (unsigned i = 0; i < relay->console_count; i++) {
        struct output *output = &relay->outputs[i];
        if (!relay_take_mark(relay, i)) continue;
        for (size_t length; (length = console_peek(&relay->consoles[i], &bytes)) > 0;) {
            size_t room = output_room(output);
            if (room == 0) break;
            if (length > room) length = room;
            output_add(output, bytes, length);
            console_consume(&relay->consoles[i], &relay->channels, length);
            total += length;
        }
    }
    return total;
}

static void write_output(struct output *output) {
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

// Reads input, if `readable`, and writes frames to the first console, as far as it
// takes them.
static void pump_input(struct relay *relay, bool readable) {
    struct input *input = &relay->input;
    while (relay->consoles[0].state == CONSOLE_CONNECTED) {
        if (input->length == 0) {
            if (!input_next_frame(input, readable)) return;
            readable = false;
        }
        size_t written = console_write(&relay->consoles[0], &relay->channels,
                                       input->pending + input->start, input->length);
        if (written == 0) return;
        input->start += written;
        input->length -= written;
    }
}

static void write_outputs(struct relay *relay) {
    for (unsigned i = 0; i < 2; i++) {
        struct output *output = &relay->outputs[i];
        bool broken = output->broken;
        if (output->length > 0 || output->blocked) write_output(output);
        if (output->broken && !broken) relay->input.closed[i + 1] = true;
    }
}

bool relay_pump(struct relay *relay, bool readable) {
    enum { TURNS = 16 };
    size_t taken = 0;
    write_outputs(relay); // what was blocked may be ready again
    for (unsigned turn = 0; turn < TURNS; turn++) {
        taken = relay->take(relay);
        if (taken == 0) break;
        write_outputs(relay);
    }
    if (relay->ready[0]) {
        if (relay->raw_when_ready) terminal_raw(0);
        relay->raw_when_ready = false;
        if (relay->kernel_console)
            kernel_console_send(relay, readable);
        else
            pump_input(relay, readable);
    }
    return taken > 0;
}

// A guest writes a few hundred bytes at a time, and to sleep and be woken for each
// costs more than to move them: while output flows, look a moment longer for more.
static void linger(struct relay *relay) {
    enum { LOOKS = 2000, LIMIT = 262144 };
    size_t total = 0;
    for (int look = 0; look < LOOKS && total < LIMIT; look++) {
        size_t taken = relay->take(relay);
        if (taken > 0) look = 0;
        total += taken;
        for (unsigned i = 0; i < 2; i++)
            if (relay->outputs[i].length >= sizeof relay->outputs[i].bytes / 2) {
                write_outputs(relay);
                if (relay->outputs[i].blocked) return;
            }
    }
}

int relay_turn(struct relay *relay, bool events, bool readable, bool *more) {
    struct channel_events taken = {0};
    int rc = events ? channels_take_events(&relay->channels, &taken) : 0;
    if (rc < 0) return rc;
    if (taken.size > 0) linger(relay);
    *more = relay_pump(relay, readable);
    channels_rearm(&relay->channels, &taken);
    return 0;
}

void relay_drain(struct relay *relay, int deadline_ms, int xenstore, bool (*gone)(void)) {
    for (;;) {
        bool more = relay_pump(relay, false);
        struct pollfd fds[] = {
            {.fd = xenstore, .events = POLLIN},
            {.fd = relay_waits_for(relay, 0), .events = POLLOUT},
            {.fd = relay_waits_for(relay, 1), .events = POLLOUT},
        };
        if (!more && fds[1].fd < 0 && fds[2].fd < 0) return;
        if (poll(fds, sizeof fds / sizeof *fds, more ? 0 : deadline_ms) == 0 && !more) return;
        if (fds[0].revents && gone()) deadline_ms = 1000;
    }
}

bool relay_takes_input(const struct relay *relay) {
    const struct input *input = &relay->input;
    const bool takes = relay->kernel_console ? relay->kernel_console->tty >= 0
                                             : relay->consoles[0].state == CONSOLE_CONNECTED;
    return relay->ready[0] && takes && input->length == 0 && !input->record && input->credit > 0;
}

int relay_wants_input(const struct relay *relay) {
    return relay_takes_input(relay) ? relay->input.fd : -1;
}

int relay_waits_for(const struct relay *relay, unsigned stream) {
    return relay->outputs[stream].blocked ? relay->outputs[stream].fd : -1;
}

void relay_disconnect(struct relay *relay) {
    for (unsigned i = 0; i < relay->console_count; i++)
        console_disconnect(&relay->consoles[i], &relay->channels);
}
