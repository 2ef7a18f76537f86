// The backend of one Xen PV console: a ring of bytes each way, shared with the
// guest (xen/interface/io/console.h).  The guest owns the other end, so nothing
// read from the ring is trusted.
#pragma once

#include "channel.h"
#include "device.h"

struct console_ring;

enum console_state {
    CONSOLE_OFFERED,   // in xenstore as `device` says, the guest has not set it up yet
    CONSOLE_CONNECTED, // bytes can move
    CONSOLE_CLOSED,    // the guest closed it or broke the protocol; what it wrote can still be read
};

struct console {
    enum console_state state;
    struct device device;
    struct console_ring *ring;
    struct grant grant;
    uint32_t port;              // local event channel
    uint32_t out_cons, in_prod; // our own indices, the ring's copies are only written
};

// What to offer for a console of the domain: the first free number from `first` to `last`.
struct device_offer console_offer(unsigned domid, unsigned first, unsigned last);
// Looks at the frontend's state in xenstore and connects or closes accordingly.
int console_update(struct console *console, struct xenstore *xs, const struct channels *channels);
// What the guest has written and we have not taken: its place and length.
size_t console_peek(struct console *console, const void **bytes);
// Takes `length` peeked bytes off the ring and lets the guest write on.
void console_consume(struct console *console, const struct channels *channels, size_t length);
// Writes up to `length` bytes to the guest; how many fitted comes back.
size_t console_write(struct console *console, const struct channels *channels, const void *bytes,
                     size_t length);
void console_disconnect(struct console *console, const struct channels *channels);
