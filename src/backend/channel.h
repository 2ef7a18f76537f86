// The memory and the event channel that a frontend shares with its backend here.
#pragma once

#include <stddef.h>
#include <stdint.h>

// Descriptors of /dev/xen/gntdev and /dev/xen/evtchn.
struct channels {
    int gntdev, evtchn;
};

// Pages that a guest grants.
struct grant_refs {
    unsigned domid;
    uint32_t count;
    const uint32_t *refs;
};

// Pages of a guest, mapped in one piece.
struct grant {
    void *pages; // NULL: not mapped
    uint64_t handle;
    uint32_t count;
};

enum { GRANT_PAGE = 4096 };

struct channel_events {
    uint32_t ports[16];
    size_t size; // in bytes
};

// All return 0 or a port, or a negative errno.
int channels_open(struct channels *channels);
int channels_map(const struct channels *channels, struct grant_refs granted, struct grant *grant);
// A domain whose pages are mapped cannot be destroyed entirely.
void channels_unmap(const struct channels *channels, struct grant *grant);
int channels_bind(const struct channels *channels, unsigned domid, uint32_t remote_port);
void channels_unbind(const struct channels *channels, uint32_t port);
void channels_notify(const struct channels *channels, uint32_t port);
// Takes which of our ports were notified.  Until channels_rearm they are not notified
// again, so that what comes while the work is done costs nothing.
int channels_take_events(const struct channels *channels, struct channel_events *events);
void channels_rearm(const struct channels *channels, const struct channel_events *events);
