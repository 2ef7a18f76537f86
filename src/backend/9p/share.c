#define _GNU_SOURCE
#include "share.h"
#include "../../protocol/limits.h"
#include "../channel.h"
#include "message.h"
#include "pending.h"
#include "privileges.h"
#include "ring.h"
#include "split.h"
#include "walk.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    MAX_RINGS = 4,
    MAX_LOOKED_AT = 1024, // more than a guest's requests that wait on a ring
    RWALK_SIZE = 22,      // with one qid, 2 more than an Rattach
    WATCH_FRONTEND = 0,
    SERVER_FD = 3,
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
    unsigned ring_count, next_ring;
    int server;
    struct message request;
    struct replies replies;
    struct splits splits;
    struct pendings pendings;
    uint8_t ring_of[65536]; // by the guest's tag: the ring of its last request
} s;

struct device_offer share_offer(const struct share *share, unsigned domid) {
    return (struct device_offer){
        .device = {"9pfs", domid, 0},
        .last = LAST_SHARE,
        .backend = {{"versions", "1"}, {"max-rings", "4"}, {"max-ring-page-order", "7"}},
        .frontend = {{"tag", share->tag}},
    };
}

static int connect_ring(struct ring *ring, unsigned index) {
    char node[32];
    snprintf(node, sizeof node, "ring-ref%u", index);
    int64_t ref = device_read_number(&s.share->device, &s.xs, node);
    snprintf(node, sizeof node, "event-channel-%u", index);
    int64_t port = device_read_number(&s.share->device, &s.xs, node);
    if (ref < 0 || port < 0) return -EINVAL;
    return ring_connect(ring, &s.channels, s.share->device.domid, (uint32_t)ref, (uint32_t)port);
}

static int connect_rings(void) {
    int64_t count = device_read_number(&s.share->device, &s.xs, "num-rings");
    if (count < 1 || count > MAX_RINGS) return -EINVAL;
    s.splits.most = MAX_MESSAGE;
    for (unsigned i = 0; i < (unsigned)count; i++) {
        int rc = connect_ring(&s.rings[i], i);
        if (rc < 0) return rc;
        // Half a ring: both ends tell of room only where they had left less.
        if (s.rings[i].size / 2 < s.splits.most) s.splits.most = s.rings[i].size / 2;
    }
    s.ring_count = (unsigned)count;
    return device_set_backend_state(&s.share->device, &s.xs, DEVICE_CONNECTED);
}

// Whether the ring holds a request with this tag.  Not behind a Tflush that has to wait
// itself, where nothing else goes on: a guest that uses tags again could make two wait for
// what is behind the other.
static bool holds(const struct ring *ring, uint16_t tag, bool stuck) {
    uint8_t header[MESSAGE_HEADER];
    uint32_t left = ring_available(ring), skip = 0;
    for (unsigned i = 0; i < MAX_LOOKED_AT && left >= MESSAGE_HEADER; i++) {
        ring_peek(ring, skip, header, sizeof header);
        const uint32_t size = message_size(header);
        if (size < MESSAGE_HEADER || size > left) return false;
        if (stuck && i == 0 && header[4] == TFLUSH) return false;
        if (message_tag(header) == tag) return true;
        skip += size;
        left -= size;
    }
    return false;
}

static void put_flushed(struct ring *ring, uint16_t tag) {
    uint8_t reply[MESSAGE_HEADER];
    message_put_header(reply, sizeof reply, RFLUSH, tag);
    ring_put(ring, reply, sizeof reply);
}

// A Tflush is answered behind what it is to cancel, as flush(5) of Plan 9 allows, and on the
// same ring: the guest reads its rings in any order.  False if it has to wait itself.
static bool flush(const struct ring *ring, const uint8_t *request, uint32_t length, bool stuck) {
    if (length < MESSAGE_HEADER + 2) _exit(1);
    const uint16_t cancelled = (uint16_t)message_get(request + MESSAGE_HEADER, 2);
    struct pending *p = pending_find(&s.pendings, cancelled);
    if (p) {
        p->flushed = true;
        p->flush = message_tag(request);
        return true;
    }
    for (const struct ring *other = s.rings; other < s.rings + s.ring_count; other++)
        if (other != ring && holds(other, cancelled, stuck)) return false;
    struct ring *last = &s.rings[s.ring_of[cancelled]];
    if (!ring_has_room(last, MESSAGE_HEADER)) return false;
    put_flushed(last, message_tag(request));
    channels_notify(&s.channels, last->port);
    return true;
}

// Takes a request for the server, if it may have it yet.
static bool hand_on(const struct ring *ring, uint8_t *request, uint32_t length) {
    const uint16_t tag = message_tag(request);
    // Tversion begins anew, and says how long the messages are.
    if (request[4] == TVERSION && s.pendings.count > 0) return false;
    struct pending *p = pending_free(&s.pendings);
    message_set_tag(request, (uint16_t)(p - s.pendings.table));
    const enum split_verdict verdict = split_request(&s.splits, request, &length);
    if (verdict == SPLIT_WAITS) return false;
    s.ring_of[tag] = (uint8_t)(ring - s.rings);
    pending_begin(&s.pendings, p, tag, s.ring_of[tag]);
    s.request.length = length;
    p->attach = walk_to_attach(s.share, request, &s.request.length);
    if (request[4] == TVERSION) message_set_tag(request, NOTAG);
    if (verdict == SPLIT_BEGUN) s.request.length = split_next(&s.splits, request);
    return true;
}

// Takes the next whole request off the ring; false if there is none, or it has to wait.
// stuck: no ring has had one to take.
static bool take_request(struct ring *ring, bool stuck) {
    uint8_t *request = s.request.bytes;
    const uint32_t available = ring_available(ring);
    if (available < MESSAGE_HEADER) return false;
    ring_peek(ring, 0, request, MESSAGE_HEADER);
    const uint32_t length = message_size(request);
    if (length < MESSAGE_HEADER || length > MAX_MESSAGE || length > ring->size) _exit(1);
    if (available < length) return false;
    ring_peek(ring, MESSAGE_HEADER, request + MESSAGE_HEADER, length - MESSAGE_HEADER);
    if (request[4] == TFLUSH ? !flush(ring, request, length, stuck)
                             : !hand_on(ring, request, length))
        return false;
    if (ring_take(ring, length)) channels_notify(&s.channels, ring->port);
    return true;
}

// Finds what the server shall have next; false when there is nothing, or it has enough.
static bool next_request(void) {
    s.request.done = 0;
    s.request.length = split_next(&s.splits, s.request.bytes);
    if (s.pendings.count == MAX_PENDING) return s.request.length > 0;
    unsigned idle = 0;
    while (s.request.length == 0 && idle < 2 * s.ring_count) {
        const bool stuck = idle >= s.ring_count;
        idle = take_request(&s.rings[s.next_ring++ % s.ring_count], stuck) ? 0 : idle + 1;
    }
    return s.request.length > 0;
}

// Hands requests to the server until there are none, or it takes no more for now.
static void pump_requests(void) {
    while (s.request.length > 0 || next_request()) {
        ssize_t n = send(s.server, s.request.bytes + s.request.done,
                         s.request.length - s.request.done, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
        if (n < 0) _exit(1);
        s.request.done += (uint32_t)n;
        if (s.request.done == s.request.length) s.request.length = 0;
    }
}

// Puts a reply on its ring, if the guest waits for it; false when there is no room yet.
static bool put_reply(uint8_t *reply, uint32_t length, const struct ring **on) {
    uint8_t walk[RWALK_SIZE];
    const uint16_t tag = message_tag(reply);
    // Tversion always has the first place.
    struct pending *p = &s.pendings.table[tag == NOTAG ? 0 : tag % MAX_PENDING];
    struct ring *ring = &s.rings[p->ring];
    if (!p->busy || (tag >= MAX_PENDING && tag != NOTAG)) _exit(1);
    if (p->attach && length < sizeof walk) {
        // The guest knows nothing of the attach that its walk has become.
        memcpy(walk, reply, length);
        walk_from_attach(walk, &length);
        reply = walk;
    }
    if (!p->dropped) {
        if (!ring_has_room(ring, length + (p->flushed ? MESSAGE_HEADER : 0))) return false;
        message_set_tag(reply, p->tag);
        ring_put(ring, reply, length);
        if (p->flushed) put_flushed(ring, p->flush);
        *on = ring;
    }
    pending_end(&s.pendings, p);
    split_answered(&s.splits, tag);
    return true;
}

// Brings whole replies to the guest; false when one waits for room on its ring.
static bool deliver_replies(void) {
    const struct ring *last = NULL;
    bool room = true;
    for (;;) {
        uint8_t *reply = s.replies.bytes + s.replies.start;
        const uint32_t available = s.replies.end - s.replies.start;
        const uint32_t length = available < MESSAGE_HEADER ? MESSAGE_HEADER : message_size(reply);
        if (length < MESSAGE_HEADER || length > MAX_MESSAGE) _exit(1);
        if (available < length) break;
        const struct ring *ring = last;
        uint32_t whole_length = length;
        uint8_t *whole = split_reply(&s.splits, reply, &whole_length);
        room = !whole || put_reply(whole, whole_length, &ring);
        if (!room) break;
        s.replies.start += length;
        if (last && ring != last) channels_notify(&s.channels, last->port);
        last = ring;
    }
    if (last) channels_notify(&s.channels, last->port);
    return room;
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
    do { // events also come in beside the answers to requests
        s.xs.events = 0;
        int state = device_frontend_state(&s.share->device, &s.xs);
        if (state == DEVICE_INITIALISED && s.ring_count == 0 && connect_rings() < 0) _exit(1);
        if (state == DEVICE_CLOSING || state == DEVICE_CLOSED)
            device_set_backend_state(&s.share->device, &s.xs, DEVICE_CLOSED);
    } while (s.xs.events != 0);
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
        const int patience = s.xs.events != 0 ? 0 : -1;
        if (poll(fds, sizeof fds / sizeof *fds, patience) < 0 && errno != EINTR) _exit(1);
        struct channel_events events = {0};
        if (fds[1].revents && channels_take_events(&s.channels, &events) < 0) _exit(1);
        if (fds[0].revents || s.xs.events != 0) take_xenstore_events();
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
        device_watch(&share->device, &s.xs, WATCH_FRONTEND) < 0 || !privileges_drop())
        _exit(1);
    serve();
}
