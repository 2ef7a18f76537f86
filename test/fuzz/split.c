// Reads and writes that are too large for the 9P server (src/backend/9p/split.c), against one
// file: the guest gets what one large request would have given it.
#define _GNU_SOURCE
#include "fuzz.h"
#include "program.h"

#include "../../src/backend/9p/split.c"

enum { TAGS = 8, FILE_SIZE = 4096, LARGEST = 512, OUTSTANDING = 64 };

struct request {
    bool busy, cut; // cut: the server did less than it could have, or failed
    uint8_t type;
    uint32_t offset, count;
};

static struct splits splits;
static struct request requests[TAGS];
static uint8_t file[FILE_SIZE], written[LARGEST];
static uint8_t outstanding[OUTSTANDING][BODY + LARGEST];
static unsigned outstanding_count;

static void guest_sends(uint8_t type, uint16_t tag, uint32_t offset, uint32_t count) {
    uint8_t message[BODY + LARGEST] = {0};
    uint32_t length = BODY + (type == TWRITE ? count : 0);
    uint8_t *body = message_put_header(message, length, type, tag);
    message_put(message_put(message_put(body, 1, 4), offset, 8), count, 4);
    // What is written is a function of where, and not what the file has.
    for (uint32_t i = 0; i < length - BODY; i++) message[BODY + i] = (uint8_t) ~(offset + i);
    unsigned busy = 0;
    for (unsigned i = 0; i < MAX_SPLITS; i++) busy += splits.split[i].busy;
    const uint32_t before = length;
    const enum split_verdict verdict = split_request(&splits, message, &length);
    const bool large =
        splits.payload > 0 && count > splits.payload && count <= splits.asked - RESERVED;
    MUST(verdict == (large && busy < MAX_SPLITS ? SPLIT_BEGUN : SPLIT_WHOLE));
    if (large && busy == MAX_SPLITS) {
        MUST(message_get(message + COUNT, 4) == splits.payload);
        MUST(length == message_size(message) && length <= BODY + splits.payload);
    } else {
        MUST(length == before);
    }
    if (verdict != SPLIT_BEGUN) return;
    requests[tag] = (struct request){.busy = true, .type = type, .offset = offset, .count = count};
}

static void server_takes(void) {
    while (outstanding_count < OUTSTANDING) {
        static uint8_t message[MAX_MESSAGE];
        const uint32_t length = split_next(&splits, message);
        if (length == 0) return;
        MUST(message_size(message) == length && length <= BODY + splits.payload);
        MUST(message_get(message + COUNT, 4) <= splits.payload);
        const struct split *split = &splits.split[(message_tag(message) - SPLIT_TAGS) / MAX_PIECES];
        MUST(message[4] == TREAD || !requests[split->tag].cut);
        memcpy(outstanding[outstanding_count++], message, length);
    }
}

static void check_reply(const uint8_t *reply, uint32_t length) {
    const uint16_t tag = message_tag(reply);
    MUST(tag < TAGS && requests[tag].busy && message_size(reply) == length);
    struct request *request = &requests[tag];
    const uint32_t number = (uint32_t)message_get(reply + MESSAGE_HEADER, 4);
    const uint32_t left = request->offset < FILE_SIZE ? FILE_SIZE - request->offset : 0;
    const uint32_t most = request->count < left ? request->count : left;
    if (reply[4] == RLERROR) {
        MUST(request->cut && length == REPLY_BODY && number == 5);
    } else {
        MUST(reply[4] == request->type + 1 && number <= most);
        MUST(request->cut || number == most);
        MUST(length == REPLY_BODY + (request->type == TREAD ? number : 0));
    }
    if (reply[4] == RREAD)
        for (uint32_t i = 0; i < number; i++)
            MUST(reply[REPLY_BODY + i] == (uint8_t)(request->offset + i));
    if (reply[4] == RWRITE)
        for (uint32_t i = 0; i < number; i++) MUST(written[i] == (uint8_t) ~(request->offset + i));
    request->busy = false;
    split_answered(&splits, tag);
}

// Answers one piece, whole or with `how` bytes left out, or an error.
static void server_answers(unsigned which, uint8_t how) {
    if (outstanding_count == 0) return;
    uint8_t reply[REPLY_BODY + LARGEST];
    const unsigned index = which % outstanding_count;
    const uint8_t *message = outstanding[index];
    const uint16_t tag = message_tag(message);
    const uint64_t offset = message_get(message + MESSAGE_HEADER + 4, 8);
    uint32_t count = (uint32_t)message_get(message + COUNT, 4);
    const uint32_t left = offset < FILE_SIZE ? FILE_SIZE - (uint32_t)offset : 0;
    struct split *split = &splits.split[(tag - SPLIT_TAGS) / MAX_PIECES];
    MUST(split->busy && split->tag < TAGS);
    struct request *request = &requests[split->tag];
    if (count > left) count = left;
    request->cut |= how > 0;
    const uint32_t first = (uint32_t)offset - request->offset;
    if (how == UINT8_MAX) {
        message_put(message_put_header(reply, REPLY_BODY, RLERROR, tag), 5, 4);
    } else {
        count -= how < count ? how : count;
        const uint32_t length = REPLY_BODY + (message[4] == TREAD ? count : 0);
        uint8_t *data = message_put_header(reply, length, (uint8_t)(message[4] + 1), tag);
        data = message_put(data, count, 4);
        if (message[4] == TREAD) {
            memcpy(data, file + offset % FILE_SIZE, count);
        } else {
            // Of this write no other piece is on its way.
            for (unsigned i = 0; i < outstanding_count; i++)
                MUST(i == index || (message_tag(outstanding[i]) - SPLIT_TAGS) / MAX_PIECES !=
                                       (tag - SPLIT_TAGS) / MAX_PIECES);
            memcpy(written + first, message + BODY, count);
        }
    }
    memmove(outstanding[index], outstanding[--outstanding_count], sizeof *outstanding);
    uint32_t length = message_size(reply);
    // As where the ring has no room at first.
    const uint8_t *whole = split_reply(&splits, reply, &length);
    if (!whole) return;
    length = message_size(reply);
    whole = split_reply(&splits, reply, &length);
    MUST(whole != NULL);
    check_reply(whole, length);
}

static void broken_server_answers(uint8_t type, uint16_t tag, uint8_t number) {
    uint8_t reply[REPLY_BODY + UINT8_MAX] = {0};
    uint32_t length = MESSAGE_HEADER + (type & 4 ? number : type & 8 ? 4 : number + 4U);
    message_put(message_put_header(reply, length, (uint8_t)(RREAD + type % 4U), tag), number, 4);
    split_reply(&splits, reply, &length);
    for (unsigned i = 0; i < MAX_SPLITS; i++) {
        const struct split *split = &splits.split[i];
        if (!split->busy) continue;
        MUST(split->answered >> split->sent == 0);
        for (unsigned p = 0; p < split->sent; p++) MUST(split->done[p] <= size_of(split, p));
    }
}

// Four bytes a step.
static void play(const uint8_t *data, size_t size) {
    uint8_t version[MESSAGE_HEADER + 4];
    uint32_t length = sizeof version;
    splits.most = LARGEST;
    message_put(message_put_header(version, sizeof version, TVERSION, NOTAG), MIN_MESSAGE, 4);
    MUST(split_request(&splits, version, &length) == SPLIT_WHOLE && length == sizeof version);
    message_put(message_put_header(version, sizeof version, RVERSION, NOTAG), 25U + data[0], 4);
    MUST(split_reply(&splits, version, &length) == version);
    MUST(message_get(version + MESSAGE_HEADER, 4) == splits.asked && splits.asked <= LARGEST);
    for (const uint8_t *step = data + 1; step + 3 < data + size; step += 4) {
        const uint16_t tag = step[0] % TAGS;
        const uint32_t offset = step[2] * 17U, count = step[3] * 2U;
        switch (step[0] >> 5) {
        case 0:
        case 1:
            if (!requests[tag].busy) guest_sends(TREAD, tag, offset, count);
            break;
        case 2:
            // One at a time, since there is one place for what is written.
            for (unsigned i = 0; i < TAGS; i++)
                if (requests[i].busy && requests[i].type == TWRITE) goto next;
            if (!requests[tag].busy) guest_sends(TWRITE, tag, offset, count);
            break;
        case 3: {
            uint8_t clunk[MESSAGE_HEADER + 4];
            bool writes = false;
            message_put(message_put_header(clunk, sizeof clunk, TCLUNK, TAGS), 1, 4);
            for (unsigned i = 0; i < TAGS; i++)
                writes |= requests[i].busy && requests[i].type == TWRITE;
            length = sizeof clunk;
            MUST(split_request(&splits, clunk, &length) == (writes ? SPLIT_WAITS : SPLIT_WHOLE));
            break;
        }
        case 4:
            broken_server_answers(step[1], (uint16_t)(SPLIT_TAGS + step[3]), step[2]);
            return;
        default:
            server_answers(step[1], step[0] >> 5 == 5 ? 0 : step[2]);
        }
    next:
        server_takes();
    }
    while (outstanding_count > 0) {
        server_answers(0, 0);
        server_takes();
    }
    for (unsigned i = 0; i < TAGS; i++) MUST(!requests[i].busy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0) return 0;
    splits.payload = splits.asked = 0;
    for (unsigned i = 0; i < MAX_SPLITS; i++) splits.split[i].busy = false;
    memset(requests, 0, sizeof requests);
    outstanding_count = 0;
    for (unsigned i = 0; i < FILE_SIZE; i++) file[i] = (uint8_t)i;
    if (setjmp(program_ended) == 0) play(data, size);
    return 0;
}
