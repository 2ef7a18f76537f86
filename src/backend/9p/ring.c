#include "ring.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

int ring_connect(struct ring *ring, struct channels *channels, unsigned domid, uint32_t page,
                 uint32_t port) {
    int rc = channels_map(channels, (struct grant_refs){domid, 1, &page}, &ring->page_grant);
    if (rc < 0) return rc;
    ring->page = ring->page_grant.pages;
    const uint32_t order = __atomic_load_n(&ring->page->order, __ATOMIC_ACQUIRE);
    if (order < 1 || order > MAX_RING_ORDER) return -EINVAL;
    const uint32_t count = 1u << order;
    uint32_t refs[1u << MAX_RING_ORDER];
    for (uint32_t i = 0; i < count; i++)
        refs[i] = __atomic_load_n(&ring->page->refs[i], __ATOMIC_RELAXED);
    rc = channels_map(channels, (struct grant_refs){domid, count, refs}, &ring->data_grant);
    if (rc < 0) return rc;
    ring->size = count * GRANT_PAGE / 2;
    ring->in = ring->data_grant.pages;
    ring->out = ring->in + ring->size;
    if ((rc = channels_bind(channels, domid, port)) < 0) return rc;
    ring->port = (uint32_t)rc;
    return 0;
}

uint32_t ring_available(const struct ring *ring) {
    const uint32_t available =
        __atomic_load_n(&ring->page->out_prod, __ATOMIC_ACQUIRE) - ring->out_cons;
    if (available > ring->size) _exit(1);
    return available;
}

void ring_peek(const struct ring *ring, uint32_t skip, uint8_t *to, uint32_t length) {
    const uint32_t start = (ring->out_cons + skip) & (ring->size - 1), end = ring->size - start;
    const uint32_t first = length < end ? length : end;
    memcpy(to, ring->out + start, first);
    memcpy(to + first, ring->out, length - first);
}

bool ring_take(struct ring *ring, uint32_t length) {
    ring->out_cons += length;
    __atomic_store_n(&ring->page->out_cons, ring->out_cons, __ATOMIC_SEQ_CST);
    // The guest waits for room only if what it had queued left too little for more.
    const uint32_t queued =
        __atomic_load_n(&ring->page->out_prod, __ATOMIC_SEQ_CST) - ring->out_cons + length;
    return queued >= ring->size / 2;
}

bool ring_has_room(const struct ring *ring, uint32_t length) {
    const uint32_t used = ring->in_prod - __atomic_load_n(&ring->page->in_cons, __ATOMIC_ACQUIRE);
    if (used > ring->size || length > ring->size) _exit(1);
    return ring->size - used >= length;
}

void ring_put(struct ring *ring, const uint8_t *bytes, uint32_t length) {
    const uint32_t start = ring->in_prod & (ring->size - 1), end = ring->size - start;
    const uint32_t first = length < end ? length : end;
    memcpy(ring->in + start, bytes, first);
    memcpy(ring->in, bytes + first, length - first);
    ring->in_prod += length;
    __atomic_store_n(&ring->page->in_prod, ring->in_prod, __ATOMIC_RELEASE);
}
