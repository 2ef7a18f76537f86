// diod takes messages of 64 KiB at most, and a guest's read costs what its way through the
// rings costs, however small.  So the guest may send larger ones: a read or write that is
// too large for the server becomes several, its pieces, and their replies become one.
#pragma once

#include "message.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    MAX_MESSAGE = 262144, // the largest of all
    MIN_MESSAGE = 4096,   // what a guest must ask for at least
    MAX_SPLITS = 4,       // at a time
    MAX_PIECES = 8,       // of each
    SPLIT_TAGS = 0x8000,  // from here on the server's tags are of pieces
};

struct split {
    bool busy;
    uint8_t type; // TREAD or TWRITE
    uint16_t tag; // of the request
    uint32_t fid, count;
    uint64_t offset;
    uint32_t piece; // bytes of each but the last
    unsigned pieces, sent, answered;
    uint32_t done[MAX_PIECES], error[MAX_PIECES]; // bytes read or written, or an errno
    uint8_t bytes[MAX_MESSAGE];                   // the request if it writes, later the reply
};

struct splits {
    uint32_t most;    // message size that the guest may have
    uint32_t asked;   // that it asked for, and after Rversion that it has
    uint32_t payload; // data that the server reads or writes at once; 0: as much as the guest's
    struct split split[MAX_SPLITS];
};

enum split_verdict { SPLIT_WHOLE, SPLIT_BEGUN, SPLIT_WAITS };

// What to do with a guest's request: hand it on whole, though it may have changed, and its
// length; hand on its pieces; or ask again when another has been answered.
enum split_verdict split_request(struct splits *splits, uint8_t *request, uint32_t *length);
// Writes the next piece for the server to `message`, of MAX_MESSAGE; its length, or 0.
uint32_t split_next(struct splits *splits, uint8_t *message);
// The reply to the request that the server's has made whole, and its length; NULL while
// pieces miss.  The same reply may be handed in again.  Ends the program if it answers no
// piece.
uint8_t *split_reply(struct splits *splits, uint8_t *reply, uint32_t *length);
// The guest has the reply to the request with this tag.
void split_answered(struct splits *splits, uint16_t tag);
