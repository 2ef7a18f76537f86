#define _GNU_SOURCE
#include "attach.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

static void drop(struct attach *attach) {
    close(attach->client);
    attach->client = -1;
}

// Sends what is pending; false while some is left.
static bool flush(struct attach *attach) {
    while (attach->client >= 0 && attach->length > 0) {
        ssize_t sent =
            send(attach->client, attach->pending + attach->start, attach->length, attach->flags);
        if (sent < 0 && errno == EINTR) continue;
        if (sent < 0) {
            if (errno != EAGAIN) drop(attach);
            return false;
        }
        attach->start += (size_t)sent;
        attach->length -= (size_t)sent;
    }
    return attach->client >= 0;
}

// Begins to send a frame; false when the client takes none.
static bool put(struct attach *attach, enum reply type, const void *bytes, size_t length) {
    if (!flush(attach)) return false;
    attach->pending[0] = (unsigned char)type;
    attach->pending[1] = (unsigned char)(length & 0xff);
    attach->pending[2] = (unsigned char)(length >> 8);
    if (length > 0) memcpy(attach->pending + FRAME_HEADER, bytes, length);
    attach->start = 0;
    attach->length = FRAME_HEADER + length;
    flush(attach);
    return attach->client >= 0;
}

// Tells what was missed; false when that cannot be told yet.
static bool catch_up(struct attach *attach) {
    const unsigned char count[] = {
        (unsigned char)attach->missed, (unsigned char)(attach->missed >> 8),
        (unsigned char)(attach->missed >> 16), (unsigned char)(attach->missed >> 24)};
    if (attach->missed > 0 && !put(attach, REPLY_MISSED, count, sizeof count)) return false;
    attach->missed = 0;
    return flush(attach);
}

// Sends as much as the client takes, in frames; how much comes back.
static size_t put_all(struct attach *attach, enum reply type, const unsigned char *bytes,
                      size_t length) {
    size_t done = 0;
    while (done < length) {
        size_t piece = length - done < FRAME_MAX ? length - done : FRAME_MAX;
        if (!put(attach, type, bytes + done, piece)) break;
        done += piece;
    }
    return done;
}

// Sends output as far as the client takes any; the rest it misses, and is told so.
static void take_output(void *context, const void *bytes, size_t length) {
    struct attach *attach = context;
    kept_output_add(&attach->kept, bytes, length);
    if (attach->client < 0) return;
    if (catch_up(attach)) length -= put_all(attach, REPLY_OUTPUT, bytes, length);
    attach->missed =
        length < UINT32_MAX - attach->missed ? attach->missed + (uint32_t)length : UINT32_MAX;
}

int attach_open(struct attach *attach, struct relay *relay, bool terminal) {
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "attach"};
    relay_open_sink(relay, terminal, take_output, attach);
    attach->listener = attach->client = -1;
    attach->flags = MSG_DONTWAIT | MSG_NOSIGNAL;
    attach->terminal = terminal;
    int rc = kept_output_open(&attach->kept);
    if (rc < 0) return rc;
    attach->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (attach->listener < 0) return -errno;
    mode_t before = umask(0177);
    rc = bind(attach->listener, (struct sockaddr *)&address, sizeof address);
    umask(before);
    return rc < 0 || listen(attach->listener, 8) < 0 ? -errno : 0;
}

static void take_client(struct attach *attach) {
    unsigned char last[KEPT_LAST];
    int client = accept4(attach->listener, NULL, NULL, SOCK_CLOEXEC);
    if (client < 0) return;
    if (attach->client >= 0) { // it sees the end before any frame
        close(client);
        return;
    }
    attach->client = client;
    attach->length = attach->taken = 0;
    attach->missed = 0;
    put_all(attach, REPLY_PAST, last, kept_output_last(&attach->kept, last));
    put(attach, REPLY_PAST, NULL, 0);
}

// The frame is complete; false when it is not one that a client may send.
static bool take_frame(struct attach *attach, struct input *input) {
    const unsigned char *body = attach->frame + FRAME_HEADER;
    size_t length = attach->taken - FRAME_HEADER;
    switch ((enum frame)attach->frame[0]) {
    case FRAME_INPUT:
        if (length > 0 && !attach->ended) input_add(input, body, length);
        return true;
    case FRAME_END:
        if (length != 0 || attach->terminal) return false; // a terminal has no end
        input->end |= !attach->ended;
        attach->ended = true;
        return true;
    case FRAME_WINDOW:
        if (length != 4 || !attach->terminal) return false;
        input->size.ws_row = (unsigned short)(body[0] | body[1] << 8);
        input->size.ws_col = (unsigned short)(body[2] | body[3] << 8);
        input->window = true;
        return true;
    default:
        return false;
    }
}

// Takes one frame at most: the guest has not taken the next one yet.
static void take_input(struct attach *attach, struct input *input) {
    for (;;) {
        size_t body =
            attach->taken < FRAME_HEADER ? 0 : (size_t)(attach->frame[1] | attach->frame[2] << 8);
        size_t wanted = FRAME_HEADER + body;
        if (wanted > sizeof attach->frame) break;
        if (attach->taken == wanted) {
            if (!take_frame(attach, input)) break;
            attach->taken = 0;
            return;
        }
        ssize_t n = recv(attach->client, attach->frame + attach->taken, wanted - attach->taken,
                         MSG_DONTWAIT);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && errno == EAGAIN) return;
        if (n <= 0) break;
        attach->taken += (size_t)n;
    }
    drop(attach);
}

void attach_wait_for(const struct attach *attach, const struct relay *relay,
                     struct pollfd fds[ATTACH_FDS]) {
    short input = relay_takes_input(relay) ? POLLIN : 0;
    short output = attach->length > 0 || attach->missed > 0 ? POLLOUT : 0;
    fds[0] = (struct pollfd){.fd = attach->listener, .events = POLLIN};
    fds[1] = (struct pollfd){.fd = attach->client, .events = (short)(input | output)};
}

void attach_turn(struct attach *attach, struct relay *relay, const struct pollfd fds[ATTACH_FDS]) {
    const short client = fds[1].revents;
    if (client & POLLOUT) catch_up(attach);
    if (client & POLLIN && attach->client >= 0 && relay_takes_input(relay))
        take_input(attach, &relay->input);
    else if (client & (POLLHUP | POLLERR) && attach->client >= 0)
        drop(attach);
    if (fds[0].revents) take_client(attach);
}

void attach_end(struct attach *attach, int code) {
    const unsigned char byte = (unsigned char)code;
    if (attach->client < 0) return;
    attach->flags = MSG_NOSIGNAL;
    setsockopt(attach->client, SOL_SOCKET, SO_SNDTIMEO, &(struct timeval){.tv_sec = 1},
               sizeof(struct timeval));
    if (catch_up(attach) && put(attach, REPLY_EXIT, &byte, 1)) flush(attach);
}
