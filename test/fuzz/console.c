// A guest's end of consoles: the rings, and the frames of a process that was added
// (src/backend/console.c, src/monitor/relay.c, replies.c).
#define _GNU_SOURCE
#include "../../src/monitor/replies.h"
#include "fuzz.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { IN = 1024, OUT = 2048, RING = IN + OUT + 4 * sizeof(uint32_t) };

static struct relay relay;
static struct replies replies;

// xen/interface/io/console.h
static uint32_t *index_of(uint8_t *ring, unsigned number) {
    return (uint32_t *)(void *)(ring + IN + OUT) + number;
}

enum { IN_CONS, IN_PROD, OUT_CONS, OUT_PROD };

static void guest_writes(uint8_t *ring, const uint8_t *bytes, size_t size) {
    for (size_t i = 0; i < size; i++) ring[IN + (*index_of(ring, OUT_PROD))++ % OUT] = bytes[i];
}

static int full_pipe(void) {
    int ends[2];
    MUST(pipe2(ends, O_NONBLOCK) == 0);
    fcntl(ends[1], F_SETPIPE_SZ, 4096);
    static const char bytes[4096];
    while (write(ends[1], bytes, sizeof bytes) > 0) {
    }
    return ends[1]; // the other end stays open: it is slow, and not gone
}

// The guest acts, step by step, as the input says; after each step all is moved.
static void play(uint8_t *const rings[2], int null, int slow, const uint8_t *data, size_t size) {
    for (const uint8_t *end = data + size; data < end;) {
        uint8_t *ring = rings[*data >> 7], step = *data & 7;
        data++;
        size_t left = (size_t)(end - data), length = left > 0 ? *data : 0;
        uint32_t number = 0;
        if (left >= sizeof number) memcpy(&number, data, sizeof number);
        switch (step) {
        case 0:
            *index_of(ring, OUT_PROD) = number;
            data += left < 4 ? left : 4;
            break;
        case 1:
            *index_of(ring, IN_CONS) = number;
            data += left < 4 ? left : 4;
            break;
        case 2:
            *index_of(ring, IN_CONS) += (uint32_t)length;
            data += left > 0;
            break;
        case 3:
            relay.outputs[length & 1].fd = length & 2 ? slow : null;
            data += left > 0;
            break;
        case 4:
            relay.input.window = true;
            relay.input.closed[1 + (length & 1)] = true;
            relay.input.signals |= length;
            data += left > 0;
            break;
        case 5: // much, of whatever is in the ring
            *index_of(ring, OUT_PROD) += (uint32_t)length * 8;
            data += left > 0;
            break;
        default:
            data += left > 0;
            if (length > (size_t)(end - data)) length = (size_t)(end - data);
            guest_writes(ring, data, length);
            data += length;
        }
        relay_pump(&relay, step == 4);
        for (int i = 0; i < 2; i++) MUST(relay.outputs[i].length <= sizeof relay.outputs[i].bytes);
        // An index out of range is believed no longer.
        for (unsigned i = 0; i < relay.console_count; i++)
            MUST(replies.exited || replies.broken || relay.consoles[i].state == CONSOLE_CLOSED ||
                 *index_of(rings[i], OUT_PROD) - relay.consoles[i].out_cons <= OUT);
        MUST(relay.input.credit <= INPUT_CREDIT && replies.text_length < REPLY_TEXT_MAX);
    }
}

// The first byte: whether a process was added, with one console, or it is the first.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static int null = -1, zero, slow;
    uint8_t *rings[2] = {calloc(1, RING), calloc(1, RING)};
    if (null < 0) {
        null = open("/dev/null", O_RDWR);
        zero = open("/dev/zero", O_RDONLY);
        slow = full_pipe();
    }
    if (size > 0) {
        memset(&relay, 0, sizeof relay);
        memset(&replies, 0, sizeof replies);
        relay.channels.gntdev = relay.channels.evtchn = -1;
        relay.carrier = data[0] & 1 ? &replies_carrier : &relay_streams;
        relay.carrier_state = &replies;
        relay.input.counted = data[0] & 1;
        relay.console_count = data[0] & 1 ? 1 : 2;
        relay.input.credit = INPUT_CREDIT;
        relay.input.fd = zero;
        for (int i = 0; i < 2; i++) {
            relay.outputs[i] = (struct output){.fd = null, .nonblocking = true};
            relay.consoles[i].ring = (struct console_ring *)(void *)rings[i];
            relay.consoles[i].state = CONSOLE_CONNECTED;
        }
        play(rings, null, slow, data + 1, size - 1);
        for (const char *c = replies.failure; *c; c++) MUST(*c >= ' ' && *c <= '~');
    }
    free(rings[0]);
    free(rings[1]);
    return 0;
}
