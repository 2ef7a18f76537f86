#define _GNU_SOURCE
#include "attach.h"
#include "keep.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

static struct {
    int listener, client; // -1: none
    int flags;            // of send
    bool terminal, ended; // the input has ended, and stays so
    uint32_t missed;      // bytes of output that the client does not know of yet
    unsigned char pending[FRAME_HEADER + FRAME_MAX];
    size_t start, length; // of what is in pending
    unsigned char frame[FRAME_HEADER + FRAME_MAX];
    size_t taken; // of the frame that is coming in
} a = {.listener = -1, .client = -1, .flags = MSG_DONTWAIT | MSG_NOSIGNAL};

static void drop(void) {
    close(a.client);
    a.client = -1;
}

// Sends what is pending; false while some is left.
static bool flush(void) {
    while (a.client >= 0 && a.length > 0) {
        ssize_t sent = send(a.client, a.pending + a.start, a.length, a.flags);
        if (sent < 0 && errno == EINTR) continue;
        if (sent < 0) {
            if (errno != EAGAIN) drop();
            return false;
        }
        a.start += (size_t)sent;
        a.length -= (size_t)sent;
    }
    return a.client >= 0;
}

// Begins to send a frame; false when the client takes none.
static bool put(enum reply type, const void *bytes, size_t length) {
    if (!flush()) return false;
    a.pending[0] = (unsigned char)type;
    a.pending[1] = (unsigned char)(length & 0xff);
    a.pending[2] = (unsigned char)(length >> 8);
    if (length > 0) memcpy(a.pending + FRAME_HEADER, bytes, length);
    a.start = 0;
    a.length = FRAME_HEADER + length;
    flush();
    return a.client >= 0;
}

// Tells what was missed; false when that cannot be told yet.
static bool catch_up(void) {
    const unsigned char count[] = {(unsigned char)a.missed, (unsigned char)(a.missed >> 8),
                                   (unsigned char)(a.missed >> 16),
                                   (unsigned char)(a.missed >> 24)};
    if (a.missed > 0 && !put(REPLY_MISSED, count, sizeof count)) return false;
    a.missed = 0;
    return flush();
}

// Sends as much as the client takes, in frames; how much comes back.
static size_t put_all(enum reply type, const unsigned char *bytes, size_t length) {
    size_t done = 0;
    while (done < length) {
        size_t piece = length - done < FRAME_MAX ? length - done : FRAME_MAX;
        if (!put(type, bytes + done, piece)) break;
        done += piece;
    }
    return done;
}

// Sends output as far as the client takes any; the rest it misses, and is told so.
static void take_output(const void *bytes, size_t length) {
    keep_add(bytes, length);
    if (a.client < 0) return;
    if (catch_up()) length -= put_all(REPLY_OUTPUT, bytes, length);
    a.missed = length < UINT32_MAX - a.missed ? a.missed + (uint32_t)length : UINT32_MAX;
}

int attach_open(struct relay *relay, bool terminal) {
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "attach"};
    relay_open_sink(relay, terminal, take_output);
    a.terminal = terminal;
    int rc = keep_open();
    if (rc < 0) return rc;
    a.listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (a.listener < 0) return -errno;
    mode_t before = umask(0177);
    rc = bind(a.listener, (struct sockaddr *)&address, sizeof address);
    umask(before);
    return rc < 0 || listen(a.listener, 8) < 0 ? -errno : 0;
}

static void take_client(void) {
    unsigned char last[KEPT_LAST];
    int client = accept4(a.listener, NULL, NULL, SOCK_CLOEXEC);
    if (client < 0) return;
    if (a.client >= 0) { // it sees the end before any frame
        close(client);
        return;
    }
    a.client = client;
    a.length = a.taken = 0;
    a.missed = 0;
    put_all(REPLY_PAST, last, keep_last(last));
    put(REPLY_PAST, NULL, 0);
}

// The frame is complete; false when it is none.
static bool take_frame(struct input *input) {
    const unsigned char *body = a.frame + FRAME_HEADER;
    size_t length = a.taken - FRAME_HEADER;
    switch ((enum frame)a.frame[0]) {
    case FRAME_INPUT:
        if (length > 0 && !a.ended) input_add(input, body, length);
        return true;
    case FRAME_END:
        if (length != 0 || a.terminal) return false; // a terminal has no end
        input->end |= !a.ended;
        a.ended = true;
        return true;
    case FRAME_WINDOW:
        if (length != 4 || !a.terminal) return false;
        input->size.ws_row = (unsigned short)(body[0] | body[1] << 8);
        input->size.ws_col = (unsigned short)(body[2] | body[3] << 8);
        input->window = true;
        return true;
    default:
        return false;
    }
}

// Takes one frame at most: the guest has not taken the next one yet.
static void take_input(struct input *input) {
    for (;;) {
        size_t body = a.taken < FRAME_HEADER ? 0 : (size_t)(a.frame[1] | a.frame[2] << 8);
        size_t wanted = FRAME_HEADER + body;
        if (wanted > sizeof a.frame) break;
        if (a.taken == wanted) {
            if (!take_frame(input)) break;
            a.taken = 0;
            return;
        }
        ssize_t n = recv(a.client, a.frame + a.taken, wanted - a.taken, MSG_DONTWAIT);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && errno == EAGAIN) return;
        if (n <= 0) break;
        a.taken += (size_t)n;
    }
    drop();
}

struct pollfd attach_wait_listener(void) {
    return (struct pollfd){.fd = a.listener, .events = POLLIN};
}

struct pollfd attach_wait_client(const struct relay *relay) {
    short input = relay_takes_input(relay) ? POLLIN : 0;
    short output = a.length > 0 || a.missed > 0 ? POLLOUT : 0;
    return (struct pollfd){.fd = a.client, .events = (short)(input | output)};
}

void attach_turn(struct relay *relay, short listener, short client) {
    if (client & POLLOUT) catch_up();
    if (client & POLLIN && a.client >= 0 && relay_takes_input(relay))
        take_input(&relay->input);
    else if (client & (POLLHUP | POLLERR) && a.client >= 0)
        drop();
    if (listener) take_client();
}

void attach_end(int code) {
    const unsigned char byte = (unsigned char)code;
    if (a.client < 0) return;
    a.flags = MSG_NOSIGNAL;
    setsockopt(a.client, SOL_SOCKET, SO_SNDTIMEO, &(struct timeval){.tv_sec = 1},
               sizeof(struct timeval));
    if (catch_up() && put(REPLY_EXIT, &byte, 1)) flush();
}
