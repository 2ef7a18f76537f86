#include "pending.h"

#include <stddef.h>

struct pending *pending_free(struct pendings *pendings) {
    struct pending *place = pendings->table;
    while (place->busy) place++;
    return place;
}

void pending_begin(struct pendings *pendings, struct pending *place, uint16_t tag, uint8_t ring) {
    for (struct pending *p = pendings->table; p < pendings->table + MAX_PENDING; p++) {
        p->dropped |= p->tag == tag;
        p->flushed &= p->flush != tag && !p->dropped;
    }
    *place = (struct pending){.busy = true, .ring = ring, .tag = tag};
    pendings->count++;
}

void pending_end(struct pendings *pendings, struct pending *place) {
    place->busy = false;
    pendings->count--;
}

struct pending *pending_find(struct pendings *pendings, uint16_t tag) {
    for (struct pending *p = pendings->table; p < pendings->table + MAX_PENDING; p++)
        if (p->busy && !p->dropped && p->tag == tag) return p;
    return NULL;
}
