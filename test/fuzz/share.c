// A guest's end of the rings of a 9P device (src/backend/9p/share.c).
#define _GNU_SOURCE
#include "fuzz.h"
#include "program.h"

#include "../../src/backend/9p/ring.c"
#include "../../src/backend/9p/share.c"
#include "../../src/backend/9p/split.c"

#include <stdlib.h>

enum { RINGS = 2, SIZE = 4096 };

static void guest_writes(struct ring *ring, const uint8_t *bytes, size_t size) {
    for (size_t i = 0; i < size; i++) ring->out[ring->page->out_prod++ % SIZE] = bytes[i];
}

static void guest_requests(struct ring *ring, const uint8_t *rest, uint32_t size) {
    const uint8_t length[4] = {(uint8_t)(size + 4), (uint8_t)((size + 4) >> 8)};
    guest_writes(ring, length, sizeof length);
    guest_writes(ring, rest, size);
}

static void pump_replies(void) {
    if (!deliver_replies()) return;
    receive_replies();
    deliver_replies();
}

// What the guest has on its ring behind `from` is a message of this type, or of any if 0,
// and tag.
static uint32_t check_message(const struct ring *ring, uint32_t from, uint8_t type, uint16_t tag) {
    uint8_t header[MESSAGE_HEADER];
    for (uint32_t i = 0; i < sizeof header; i++) header[i] = ring->in[(from + i) % SIZE];
    MUST((type == 0 || header[4] == type) && message_tag(header) == tag);
    return from + message_size(header);
}

// The server's reply to the request that was pending as `p` went to who waits for it and to
// nobody else.
static void check_delivery(const struct pending *p, const uint32_t *before) {
    const struct ring *ring = &s.rings[p->ring];
    for (int i = 0; i < RINGS; i++)
        MUST(s.rings[i].in_prod == before[i] || (i == p->ring && !p->dropped));
    if (ring->in_prod == before[p->ring]) return;
    uint32_t end = check_message(ring, before[p->ring], 0, p->tag);
    if (p->flushed) end = check_message(ring, end, RFLUSH, p->flush);
    MUST(end == ring->in_prod);
}

// The server answers what it has, each with `size` bytes behind the header: a count of
// those that follow.
static void server_answers(int server, uint8_t size) {
    static uint8_t bytes[MAX_MESSAGE], reply[MESSAGE_HEADER + UINT8_MAX];
    while (recv(server, bytes, MESSAGE_HEADER, MSG_DONTWAIT) == MESSAGE_HEADER) {
        uint32_t length = message_size(bytes);
        MUST(length >= MESSAGE_HEADER && length <= SIZE + 128);
        if (length > MESSAGE_HEADER)
            MUST(recv(server, bytes + MESSAGE_HEADER, length - MESSAGE_HEADER, MSG_DONTWAIT) ==
                 (ssize_t)(length - MESSAGE_HEADER));
        message_put_header(reply, MESSAGE_HEADER + size, (uint8_t)(bytes[4] + 1),
                           message_tag(bytes));
        reply[MESSAGE_HEADER] = size > 4 ? (uint8_t)(size - 4) : 0;
        const bool alone = s.replies.end == s.replies.start && message_tag(bytes) < MAX_PENDING;
        const struct pending p = s.pendings.table[message_tag(bytes) % MAX_PENDING];
        const uint32_t before[RINGS] = {s.rings[0].in_prod, s.rings[1].in_prod};
        send(server, reply, MESSAGE_HEADER + size, MSG_DONTWAIT | MSG_NOSIGNAL);
        pump_replies();
        if (alone) check_delivery(&p, before);
    }
}

// The guest and the server act, step by step, as the input says.
static void play(int server, const uint8_t *data, size_t size) {
    for (const uint8_t *end = data + size; data < end;) {
        struct ring *ring = &s.rings[*data >> 7];
        uint8_t step = *data & 7;
        data++;
        size_t left = (size_t)(end - data), length = left > 0 ? *data : 0;
        uint32_t number = 0;
        if (left >= sizeof number) memcpy(&number, data, sizeof number);
        if (step > 1 && left > 0) data++;
        switch (step) {
        case 0:
            ring->page->out_prod = number;
            data += left < 4 ? left : 4;
            break;
        case 1:
            ring->page->in_cons = number;
            data += left < 4 ? left : 4;
            break;
        case 2:
            ring->page->in_cons = ring->page->in_prod;
            break;
        case 3:
            server_answers(server, (uint8_t)length);
            break;
        default:
            if (length > (size_t)(end - data)) length = (size_t)(end - data);
            if (step == 4)
                guest_writes(ring, data, length);
            else
                guest_requests(ring, data, (uint32_t)length);
            data += length;
        }
        pump_replies();
        pump_requests();
        for (int i = 0; s.request.length == 0 && s.pendings.count < MAX_PENDING && i < RINGS; i++)
            MUST(s.rings[i].page->out_prod - s.rings[i].out_cons <= SIZE);
    }
    unsigned busy = 0;
    for (struct pending *p = s.pendings.table; p < s.pendings.table + MAX_PENDING; p++) {
        busy += p->busy;
        MUST(!p->busy || p->dropped || pending_find(&s.pendings, p->tag) == p);
    }
    MUST(busy == s.pendings.count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const struct export exports[] = {{.path = "/a", .file = true}, {.path = "/b"}};
    static const struct share share = {.tag = "share1", .exports = exports, .export_count = 2};
    int ends[2];
    memset(&s, 0, sizeof s);
    MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    s.share = &share;
    s.channels.gntdev = s.channels.evtchn = -1;
    s.server = ends[0];
    s.ring_count = RINGS;
    s.splits.most = SIZE / 2;
    for (int i = 0; i < RINGS; i++) {
        s.rings[i].page = calloc(1, GRANT_PAGE);
        s.rings[i].size = SIZE;
        s.rings[i].in = calloc(1, SIZE);
        s.rings[i].out = calloc(1, SIZE);
    }
    if (setjmp(program_ended) == 0) play(ends[1], data, size);
    for (int i = 0; i < RINGS; i++) {
        free(s.rings[i].page);
        free(s.rings[i].in);
        free(s.rings[i].out);
    }
    close(ends[0]);
    close(ends[1]);
    return 0;
}
