#include "split.h"

#include <string.h>
#include <unistd.h>

enum {
    BODY = MESSAGE_HEADER + 16,      // Tread, Twrite, Treaddir: fid[4] offset[8] count[4]
    COUNT = MESSAGE_HEADER + 12,     // where that count is
    REPLY_BODY = MESSAGE_HEADER + 4, // Rread, Rwrite: count[4]
    RESERVED = 24,                   // of a message, what no data is read into
};

// Where all places are taken, the request becomes a smaller one: the guest asks for the
// rest again.
static enum split_verdict begin(struct splits *splits, uint8_t *request, uint32_t *length) {
    const uint32_t count = (uint32_t)message_get(request + COUNT, 4);
    const uint8_t type = request[4];
    struct split *split = splits->split;
    // What is no such request is for the server to refuse.
    if (splits->payload == 0 || *length < BODY || count <= splits->payload ||
        count > splits->asked - RESERVED || *length != BODY + (type == TWRITE ? count : 0))
        return SPLIT_WHOLE;
    while (split->busy && ++split < splits->split + MAX_SPLITS)
        ;
    if (split == splits->split + MAX_SPLITS) {
        *length = BODY + (type == TWRITE ? splits->payload : 0);
        message_put(request, *length, 4);
        message_put(request + COUNT, splits->payload, 4);
        return SPLIT_WHOLE;
    }
    const uint32_t pieces = (count - 1) / splits->payload + 1;
    split->busy = true;
    split->type = type;
    split->tag = message_tag(request);
    split->fid = (uint32_t)message_get(request + MESSAGE_HEADER, 4);
    split->offset = message_get(request + MESSAGE_HEADER + 4, 8);
    split->count = count;
    split->piece = (count - 1) / pieces + 1;
    split->pieces = (count - 1) / split->piece + 1;
    split->sent = split->answered = 0;
    memset(split->done, 0, sizeof split->done);
    memset(split->error, 0, sizeof split->error);
    if (type == TWRITE) memcpy(split->bytes, request, *length);
    return SPLIT_BEGUN;
}

// A fid that is given away may be another file's when the next piece goes.
static bool is_written(const struct splits *splits, uint32_t fid) {
    for (const struct split *split = splits->split; split < splits->split + MAX_SPLITS; split++)
        if (split->busy && split->type == TWRITE && split->fid == fid) return true;
    return false;
}

enum split_verdict split_request(struct splits *splits, uint8_t *request, uint32_t *length) {
    // A fid; of Tversion the size of messages.
    const uint32_t first =
        *length >= MESSAGE_HEADER + 4 ? (uint32_t)message_get(request + MESSAGE_HEADER, 4) : 0;
    switch (request[4]) {
    case TVERSION:
        if (first < MIN_MESSAGE) _exit(1);
        splits->payload = 0;
        splits->asked = first < splits->most ? first : splits->most;
        // diod that makes its messages smaller loses what is on its way to it.
        message_put(request + MESSAGE_HEADER, MAX_MESSAGE, 4);
        return SPLIT_WHOLE;
    case TCLUNK:
    case TREMOVE:
        return is_written(splits, first) ? SPLIT_WAITS : SPLIT_WHOLE;
    case TREADDIR:
        if (splits->payload > 0 && *length == BODY &&
            message_get(request + COUNT, 4) > splits->payload)
            message_put(request + COUNT, splits->payload, 4);
        return SPLIT_WHOLE;
    case TREAD:
    case TWRITE:
        return begin(splits, request, length);
    default:
        return SPLIT_WHOLE;
    }
}

static uint32_t size_of(const struct split *split, unsigned piece) {
    const uint32_t before = piece * split->piece;
    return split->count - before < split->piece ? split->count - before : split->piece;
}

static bool cut_short(const struct split *split, unsigned piece) {
    return split->error[piece] || split->done[piece] < size_of(split, piece);
}

static bool all_answered(const struct split *split) {
    return split->answered == (1U << split->sent) - 1;
}

// Reads go side by side; writes in turn, since each may be to the file's end.
static bool more(const struct split *split) {
    if (!split->busy || split->sent == split->pieces) return false;
    if (split->type == TREAD || split->sent == 0) return true;
    return all_answered(split) && !cut_short(split, split->sent - 1);
}

uint32_t split_next(struct splits *splits, uint8_t *message) {
    for (unsigned i = 0; i < MAX_SPLITS; i++) {
        struct split *split = &splits->split[i];
        if (!more(split)) continue;
        const unsigned piece = split->sent++;
        const uint32_t count = size_of(split, piece), before = piece * split->piece;
        const uint32_t data = split->type == TWRITE ? count : 0;
        uint8_t *body = message_put_header(message, BODY + data, split->type,
                                           (uint16_t)(SPLIT_TAGS + i * MAX_PIECES + piece));
        body = message_put(message_put(body, split->fid, 4), split->offset + before, 8);
        memcpy(message_put(body, count, 4), split->bytes + BODY + before, data);
        return BODY + data;
    }
    return 0;
}

// The guest may send what is several messages for the server, best of its full size.
static void offer_version(struct splits *splits, uint8_t *reply, uint32_t length) {
    if (splits->payload > 0 || length < MESSAGE_HEADER + 4) return;
    const uint32_t server = (uint32_t)message_get(reply + MESSAGE_HEADER, 4);
    if (server > RESERVED && server < splits->asked) {
        const uint32_t payload = server - RESERVED;
        uint32_t pieces = (splits->asked - RESERVED) / payload;
        if (pieces > MAX_PIECES) pieces = MAX_PIECES;
        splits->payload = payload;
        splits->asked = pieces * payload + RESERVED;
    }
    message_put(reply + MESSAGE_HEADER, splits->asked, 4);
}

// False if the reply is none to this piece.
static bool take_piece(struct split *split, unsigned piece, const uint8_t *reply, uint32_t length) {
    if (length < REPLY_BODY) return false;
    const uint32_t number = (uint32_t)message_get(reply + MESSAGE_HEADER, 4);
    const uint32_t data = reply[4] == RREAD ? number : 0;
    if (length - REPLY_BODY != data) return false;
    split->answered |= 1U << piece;
    if (reply[4] == RLERROR) {
        split->error[piece] = number;
        return true;
    }
    if (reply[4] != split->type + 1 || number > size_of(split, piece)) return false;
    split->done[piece] = number;
    memcpy(split->bytes + REPLY_BODY + piece * split->piece, reply + REPLY_BODY, data);
    return true;
}

// What the first pieces did, up to one that did less than it should.
static uint32_t put_whole(struct split *split) {
    uint32_t total = 0;
    unsigned piece = 0;
    do total += split->done[piece];
    while (!cut_short(split, piece) && ++piece < split->sent);
    const bool failed = total == 0 && split->error[0];
    const uint32_t length = REPLY_BODY + (split->type == TREAD ? total : 0);
    const uint8_t type = failed ? RLERROR : (uint8_t)(split->type + 1);
    uint8_t *body = message_put_header(split->bytes, length, type, split->tag);
    message_put(body, failed ? split->error[0] : total, 4);
    return length;
}

uint8_t *split_reply(struct splits *splits, uint8_t *reply, uint32_t *length) {
    const uint16_t tag = message_tag(reply);
    if (reply[4] == RVERSION) offer_version(splits, reply, *length);
    if (tag < SPLIT_TAGS || tag == NOTAG) return reply;
    const unsigned number = tag - SPLIT_TAGS, piece = number % MAX_PIECES;
    if (number >= MAX_SPLITS * MAX_PIECES) _exit(1);
    struct split *split = &splits->split[number / MAX_PIECES];
    if (!split->busy || piece >= split->sent || !take_piece(split, piece, reply, *length)) _exit(1);
    if (!all_answered(split) || more(split)) return NULL;
    *length = put_whole(split);
    return split->bytes;
}

void split_answered(struct splits *splits, uint16_t tag) {
    for (struct split *split = splits->split; split < splits->split + MAX_SPLITS; split++)
        if (split->tag == tag) split->busy = false;
}
