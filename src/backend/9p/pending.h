// The requests that a 9P server has.  A guest's tag is not the server's, because a guest
// may use one again that it has not had the reply for: Linux does where the process was
// killed.
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { MAX_PENDING = 256 }; // the server queues without a limit

struct pending {
    bool busy, attach; // attach: where the guest sent a walk
    bool dropped;      // the guest waits for the reply no more
    bool flushed;      // but for the reply to a Tflush, which goes behind this one's
    uint8_t ring;      // to which the reply goes
    uint16_t tag;      // the guest's; the server's is the place in the table
    uint16_t flush;    // the guest's of the Tflush
};

struct pendings {
    struct pending table[MAX_PENDING];
    unsigned count;
};

// A free place, where there are less than MAX_PENDING.
struct pending *pending_free(struct pendings *pendings);
// Takes a free place for a request; an earlier one with the same tag is dropped.
void pending_begin(struct pendings *pendings, struct pending *place, uint16_t tag, uint8_t ring);
void pending_end(struct pendings *pendings, struct pending *place);
// The request of the guest's with this tag, or NULL.
struct pending *pending_find(struct pendings *pendings, uint16_t tag);
