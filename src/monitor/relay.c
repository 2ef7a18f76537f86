#define _GNU_SOURCE
#include "relay.h"
#include "streams.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

// Standard input may be somebody else's too: who loses the race for it must not wait.
static int own_input(void) {
    struct stat info;
    if (fstat(0, &info) < 0) return -1;
    if (!S_ISFIFO(info.st_mode) && !isatty(0)) return 0;
    int own = open("/proc/self/fd/0", O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    return own < 0 ? 0 : own;
}

int relay_open(struct relay *relay, bool terminal, const char *console_socket) {
    relay->input.credit = INPUT_CREDIT;
    relay->input.window = terminal;
    relay->raw_when_ready = terminal && !console_socket;
    if (!terminal || !console_socket) {
        relay->input.fd = own_input();
        output_open(&relay->outputs[0], 1);
        output_open(&relay->outputs[1], 2);
        return 0;
    }
    int slave = terminal_send_master(&relay->terminal, console_socket, &relay->input.size);
    if (slave < 0) return slave;
    relay->input.fd = slave;
    output_open(&relay->outputs[0], slave);
    output_open(&relay->outputs[1], slave);
    streams_leave();
    return 0;
}

void relay_open_sink(struct relay *relay, bool terminal, output_sink *sink, void *context) {
    relay->input.credit = INPUT_CREDIT;
    relay->input.window = terminal;
    relay->input.fd = -1;
    for (int i = 0; i < 2; i++) {
        relay->outputs[i].fd = -1;
        relay->outputs[i].sink = sink;
        relay->outputs[i].sink_context = context;
    }
    streams_leave();
}

bool relay_take_mark(struct relay *relay, unsigned console) {
    const void *bytes;
    if (!relay->ready[console] && console_peek(&relay->consoles[console], &bytes) > 0) {
        relay->ready[console] = true;
        console_consume(&relay->consoles[console], &relay->channels, 1);
    }
    return relay->ready[console];
}

static size_t take_streams(struct relay *relay) {
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

void relay_send_frames(struct relay *relay, bool readable) {
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

bool relay_is_connected(const struct relay *relay) {
    return relay->consoles[0].state == CONSOLE_CONNECTED;
}

struct pollfd relay_waits_for_nothing(const struct relay *relay) {
    (void)relay;
    return (struct pollfd){.fd = -1};
}

const struct carrier relay_streams = {take_streams, relay_send_frames, relay_is_connected,
                                      relay_waits_for_nothing};

static void write_outputs(struct relay *relay) {
    for (unsigned i = 0; i < 2; i++) {
        struct output *output = &relay->outputs[i];
        bool broken = output->broken;
        if (output->length > 0 || output->blocked) output_write(output);
        if (output->broken && !broken) relay->input.closed[i + 1] = true;
    }
}

bool relay_pump(struct relay *relay, bool readable) {
    enum { TURNS = 16 };
    size_t taken = 0;
    write_outputs(relay); // what was blocked may be ready again
    for (unsigned turn = 0; turn < TURNS; turn++) {
        taken = relay->carrier->take(relay);
        if (taken == 0) break;
        write_outputs(relay);
    }
    if (relay->ready[0]) {
        relay->carrier->send(relay, readable);
        if (relay->raw_when_ready && !relay->input.held) {
            terminal_make_raw(&relay->terminal, 0);
            relay->raw_when_ready = false;
        }
    }
    return taken > 0;
}

// A guest writes a few hundred bytes at a time, and to sleep and be woken for each
// costs more than to move them: while output flows, look a moment longer for more.
static void linger(struct relay *relay) {
    enum { LOOKS = 2000, LIMIT = 262144 };
    size_t total = 0;
    for (int look = 0; look < LOOKS && total < LIMIT; look++) {
        size_t taken = relay->carrier->take(relay);
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

bool relay_takes_input(const struct relay *relay) {
    const struct input *input = &relay->input;
    return relay->ready[0] && relay->carrier->is_connected(relay) && input->length == 0 &&
           !input->record && !input->held && input->credit > 0;
}

int relay_wants_input(const struct relay *relay) {
    return relay_takes_input(relay) ? relay->input.fd : -1;
}

void relay_disconnect(struct relay *relay) {
    for (unsigned i = 0; i < relay->console_count; i++)
        console_disconnect(&relay->consoles[i], &relay->channels);
}
