// A ring of a Xen 9pfs device (xen/docs/misc/9pfs.pandoc).  The guest can write all of it
// at any time; one that breaks the protocol ends the program, since it is served no more.
#pragma once

#include "../channel.h"

#include <stdbool.h>
#include <stdint.h>

enum { MAX_RING_ORDER = 7 }; // 2^7 pages, half of them each way

// The shared page; "in" is from us to the guest, "out" from the guest.
struct ring_page {
    uint32_t in_cons, in_prod;
    uint8_t pad1[56];
    uint32_t out_cons, out_prod;
    uint8_t pad2[56];
    uint32_t order, refs[];
};

struct ring {
    struct ring_page *page;
    struct grant page_grant, data_grant;
    uint8_t *in, *out;
    uint32_t size; // of each way, a power of two
    uint32_t port, out_cons, in_prod;
};

// `page` is the grant of the shared page, `port` the guest's event channel.  0 or a
// negative errno.
int ring_connect(struct ring *ring, struct channels *channels, unsigned domid, uint32_t page,
                 uint32_t port);
// How many bytes the guest has written that are not taken yet.
uint32_t ring_available(const struct ring *ring);
// Copies bytes that are available, from `skip` on.
void ring_peek(const struct ring *ring, uint32_t skip, uint8_t *to, uint32_t length);
// Makes room for the guest; true when it may wait for that, and is to be notified.
bool ring_take(struct ring *ring, uint32_t length);
// Whether there is room for as much; if not, the guest will notify.
bool ring_has_room(const struct ring *ring, uint32_t length);
// Where there is room.  The guest is to be notified.
void ring_put(struct ring *ring, const uint8_t *bytes, uint32_t length);
