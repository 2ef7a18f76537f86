#define _GNU_SOURCE
#include "share.h"
#include "channel.h"
#include "walk.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    MAX_RINGS = 4,
    MAX_ORDER = 7,        // 2^7 pages a ring, half of them each way
    MAX_MESSAGE = 262144, // more than the guest's msize
    HEADER = 7,           // size[4] type[1] tag[2]
    RWALK_SIZE = 22,      // with one qid, 2 more than an Rattach
    WATCH_FRONTEND = 0,
    MAX_IN_FLIGHT = 256, // requests that the server may hold: it queues without a limit
    TFLUSH = 108,
    RFLUSH = 109,
    SERVER_FD = 3,
};

// The shared page of one ring; "in" is from us to the guest, "out" from the guest.
struct interface {
    uint32_t in_cons, in_prod;
    uint8_t pad1[56];
    uint32_t out_cons, out_prod;
    uint8_t pad2[56];
    uint32_t order, refs[];
};

struct ring {
    struct interface *interface;
    struct grant page, data;
    uint8_t *in, *out;
    uint32_t size; // of each way, a power of two
    uint32_t port, out_cons, in_prod;
};

// A message on its way to the server.
struct message {
    uint8_t bytes[MAX_MESSAGE];
    uint32_t length, done;
};

// What the server has said and no ring has yet: whole messages, and the beginning of one.
struct replies {
    uint8_t bytes[MAX_MESSAGE];
    uint32_t start, end;
};

static struct {
    const struct share *share;
    struct xenstore xs;
    struct channels channels;
    struct ring rings[MAX_RINGS];
    unsigned ring_count;
    int server;
    struct message request;
    struct replies replies;
    // By tag: the ring of its request, to which the reply goes; whether the server has
    // it, and as an attach where the guest sent a walk; and which other tag it cancels.
    uint8_t ring_of[65536];
    bool busy[65536], attach[65536];
    uint16_t cancels[65536];
    unsigned in_flight;
} s;

struct device_offer share_offer(const struct share *share) {
    return (struct device_offer){
        .device = share->device,
        .backend = {{"versions", "1"}, {"max-rings", "4"}, {"max-ring-page-order", "7"}},
        .frontend = {{"tag", share->tag}},
    };
}

static int connect_ring(struct ring *ring, unsigned index) {
    char node[32];
    const unsigned domid = s.share->device.domid;
    snprintf(node, sizeof node, "ring-ref%u", index);
    int64_t ref = device_read_number(&s.share->device, &s.xs, node);
    snprintf(node, sizeof node, "event-channel-%u", index);
    int64_t port = device_read_number(&s.share->device, &s.xs, node);
    if (ref < 0 || port < 0) return -EINVAL;
    const uint32_t page = (uint32_t)ref;
    int rc = channels_map(&s.channels, domid, &page, 1, &ring->page);
    if (rc < 0) return rc;
    ring->interface = ring->page.pages;
    uint32_t order = __atomic_load_n(&ring->interface->order, __ATOMIC_ACQUIRE);
    if (order < 1 || order > MAX_ORDER) return -EINVAL;
    uint32_t count = 1u << order, refs[1u << MAX_ORDER];
    for (uint32_t i = 0; i < count; i++)
        refs[i] = __atomic_load_n(&ring->interface->refs[i], __ATOMIC_RELAXED);
    if ((rc = channels_map(&s.channels, domid, refs, count, &ring->data)) < 0) return rc;
    ring->size = count * GRANT_PAGE / 2;
    ring->in = ring->data.pages;
    ring->out = ring->in + ring->size;
    if ((rc = channels_bind(&s.channels, domid, (uint32_t)port)) < 0) return rc;
    ring->port = (uint32_t)rc;
    return 0;
}

static int connect_rings(void) {
    int64_t count = device_read_number(&s.share->device, &s.xs, "num-rings");
    if (count < 1 || count > MAX_RINGS) return -EINVAL;
    for (unsigned i = 0; i < (unsigned)count; i++) {
        int rc = connect_ring(&s.rings[i], i);
        if (rc < 0) return rc;
    }
    s.ring_count = (unsigned)count;
    return device_set_backend_state(&s.share->device, &s.xs, DEVICE_CONNECTED);
}

static uint32_t little_endian(const uint8_t *bytes, unsigned count) {
    uint32_t value = 0;
    while (count-- > 0) value = value << 8 | bytes[count];
    return value;
}

static void copy_from_ring(const struct ring *ring, uint32_t position, uint8_t *to,
                           uint32_t length) {
    uint32_t start = position & (ring->size - 1);
    uint32_t first = length < ring->size - start ? length : ring->size - start;
    memcpy(to, ring->out + start, first);
    memcpy(to + first, ring->out, length - first);
}

static void copy_to_ring(const struct ring *ring, uint32_t position, const uint8_t *from,
                         uint32_t length) {
    uint32_t start = position & (ring->size - 1);
    uint32_t first = length < ring->size - start ? length : ring->size - start;
    memcpy(ring->in + start, from, first);
    memcpy(ring->in, from + first, length - first);
}

// Takes the next whole request off the ring; false when there is none yet.
static bool take_request(struct ring *ring, unsigned index) {
    uint32_t available =
        __atomic_load_n(&ring->interface->out_prod, __ATOMIC_ACQUIRE) - ring->out_cons;
    if (available < HEADER) return false;
    if (available > ring->size) _exit(1); // a guest that breaks the protocol is served no more
    copy_from_ring(ring, ring->out_cons, s.request.bytes, HEADER);
    uint32_t length = little_endian(s.request.bytes, 4);
    if (length < HEADER || length > MAX_MESSAGE || length > ring->size) _exit(1);
    if (available < length) return false;
    copy_from_ring(ring, ring->out_cons + HEADER, s.request.bytes + HEADER, length - HEADER);
    uint32_t tag = little_endian(s.request.bytes + 5, 2);
    s.ring_of[tag] = (uint8_t)index;
    if (s.busy[tag]) _exit(1); // a tag names one request at a time
    s.in_flight++;
    s.busy[tag] = true;
    if (s.request.bytes[4] == TFLUSH && length >= HEADER + 2)
        s.cancels[tag] = (uint16_t)little_endian(s.request.bytes + HEADER, 2);
    s.request.length = length;
    s.request.done = 0;
    s.attach[tag] = walk_to_attach(s.share, s.request.bytes, &s.request.length);
    ring->out_cons += length;
    __atomic_store_n(&ring->interface->out_cons, ring->out_cons, __ATOMIC_SEQ_CST);
    // The guest waits for room only if what it had queued left too little for more.
    uint32_t queued =
        __atomic_load_n(&ring->interface->out_prod, __ATOMIC_SEQ_CST) - ring->out_cons + length;
    if (queued >= ring->size / 2) channels_notify(&s.channels, ring->port);
    return true;
}

// Hands requests to the server until there are none, or it takes no more for now.
static void pump_requests(void) {
    static unsigned next;
    for (;;) {
        if (s.request.length == 0 && s.in_flight >= MAX_IN_FLIGHT) return;
        for (unsigned tried = 0; s.request.length == 0 && tried < s.ring_count; tried++) {
            unsigned index = next++ % s.ring_count;
            take_request(&s.rings[index], index);
        }
        if (s.request.length == 0) return;
        ssize_t n = send(s.server, s.request.bytes + s.request.done,
                         s.request.length - s.request.done, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
        if (n < 0) _exit(1);
        s.request.done += (uint32_t)n;
        if (s.request.done == s.request.length) s.request.length = 0;
    }
}

static void answered(uint32_t tag) {
    if (s.busy[tag]) s.in_flight--;
    s.busy[tag] = false;
}

// Puts a reply on its ring, which it gives; NULL when there is no room yet.
static const struct ring *put_reply(const uint8_t *reply, uint32_t length) {
    uint8_t walk[RWALK_SIZE];
    const uint32_t tag = little_endian(reply + 5, 2);
    struct ring *ring = &s.rings[s.ring_of[tag]];
    if (s.attach[tag] && length < sizeof walk) {
        // The guest knows nothing of the attach that its walk has become.
        memcpy(walk, reply, length);
        walk_from_attach(walk, &length);
        reply = walk;
    }
    if (!ring->interface || length > ring->size) _exit(1);
    uint32_t used = ring->in_prod - __atomic_load_n(&ring->interface->in_cons, __ATOMIC_ACQUIRE);
    if (used > ring->size) _exit(1);
    if (ring->size - used < length) return NULL;
    copy_to_ring(ring, ring->in_prod, reply, length);
    ring->in_prod += length;
    __atomic_store_n(&ring->interface->in_prod, ring->in_prod, __ATOMIC_RELEASE);
    s.attach[tag] = false;
    answered(tag);
    // A cancelled request may never be answered.
    if (reply[4] == RFLUSH) answered(s.cancels[tag]);
    return ring;
}

// Brings whole replies to the guest; false when one waits for room on its ring.
static bool deliver_replies(void) {
    const struct ring *last = NULL, *ring;
    for (;; last = ring) {
        const uint8_t *reply = s.replies.bytes + s.replies.start;
        const uint32_t available = s.replies.end - s.replies.start;
        uint32_t length = available < HEADER ? HEADER : little_endian(reply, 4);
        if (length < HEADER || length > MAX_MESSAGE) _exit(1);
        const bool whole = available >= length;
        ring = whole ? put_reply(reply, length) : NULL;
        if (last && ring != last) channels_notify(&s.channels, last->port);
        if (!ring) return !whole;
        s.replies.start += length;
    }
}

// Takes what the server has said: one call, since each costs as much as a copy.
static void receive_replies(void) {
    struct replies *replies = &s.replies;
    replies->end -= replies->start;
    memmove(replies->bytes, replies->bytes + replies->start, replies->end);
    replies->start = 0;
    ssize_t n = recv(s.server, replies->bytes + replies->end, sizeof replies->bytes - replies->end,
                     MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n <= 0) _exit(1); // the server is gone
    replies->end += (uint32_t)n;
}

static void take_xenstore_events(void) {
    if (xenstore_receive(&s.xs) < 0) _exit(1);
    int state = device_frontend_state(&s.share->device, &s.xs);
    if (state == DEVICE_INITIALISED && s.ring_count == 0 && connect_rings() < 0) _exit(1);
    if (state == DEVICE_CLOSING || state == DEVICE_CLOSED)
        device_set_backend_state(&s.share->device, &s.xs, DEVICE_CLOSED);
}

static _Noreturn void serve(void) {
    for (bool reply_waits = false;;) {
        // With a reply that found no room, only the guest can move things on.
        struct pollfd fds[] = {
            {.fd = s.xs.fd, .events = POLLIN},
            {.fd = s.channels.evtchn, .events = POLLIN},
            {.fd = reply_waits ? -1 : s.server, .events = POLLIN},
            {.fd = s.request.length > 0 ? s.server : -1, .events = POLLOUT},
        };
        if (poll(fds, sizeof fds / sizeof *fds, -1) < 0 && errno != EINTR) _exit(1);
        struct channel_events events = {0};
        if (fds[1].revents && channels_take_events(&s.channels, &events) < 0) _exit(1);
        if (fds[0].revents) take_xenstore_events();
        if (fds[2].revents) receive_replies();
        if (s.ring_count > 0) {
            reply_waits = !deliver_replies();
            pump_requests();
        }
        channels_rearm(&s.channels, &events);
    }
}

pid_t share_start(const struct share *share, int server) {
    pid_t child = fork();
    if (child != 0) return child < 0 ? -errno : child;
    int null = open("/dev/null", O_RDWR);
    for (int fd = 0; fd <= 2; fd++) dup2(null, fd);
    dup2(server, SERVER_FD);
    syscall(SYS_close_range, SERVER_FD + 1, ~0U, 0);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    s.share = share;
    s.server = SERVER_FD;
    if (channels_open(&s.channels) < 0 || xenstore_open(&s.xs) < 0 ||
        device_watch(&share->device, &s.xs, WATCH_FRONTEND) < 0)
        _exit(1);
    serve();
}
