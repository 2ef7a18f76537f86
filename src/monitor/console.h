// The backend of one Xen PV console: a ring of bytes each way, shared with the
// guest (xen/interface/io/console.h, the "console" device in xenstore).  The
// guest owns the other end, so nothing read from the ring is trusted.
#pragma once

#include "xenstore.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct console_ring;

enum console_state {
    CONSOLE_NONE,
    CONSOLE_OFFERED,   // in xenstore, the guest has not set it up yet
    CONSOLE_CONNECTED, // bytes can move
    CONSOLE_CLOSED,    // the guest closed it or broke the protocol; what it wrote can still be read
};

struct console {
    enum console_state state;
    unsigned domid, index; // /local/domain/<domid>/device/console/<index>
    struct console_ring *ring;
    uint64_t grant;             // gntdev's handle of the mapping
    uint32_t port;              // local event channel, bound on the shared evtchn descriptor
    uint32_t out_cons, in_prod; // our own indices, the ring's copies are only written
};

// Offers consoles[0..count-1] to the paused or running domain, in one transaction.
int console_offer(struct xenstore *xs, unsigned domid, struct console *consoles, unsigned count);
// Looks at the frontend's state in xenstore and connects or closes accordingly.
int console_update(struct console *console, struct xenstore *xs, int gntdev, int evtchn);
// What the guest has written and we have not taken: its place and length.
size_t console_peek(struct console *console, const void **bytes);
// Takes `length` peeked bytes off the ring and lets the guest write on.
void console_consume(struct console *console, int evtchn, size_t length);
// Writes up to `length` bytes to the guest; how many fitted comes back.
size_t console_write(struct console *console, int evtchn, const void *bytes, size_t length);
// Unmaps the ring: a domain whose pages are mapped cannot be destroyed entirely.
void console_unmap(struct console *console, int gntdev, int evtchn);
// Removes what is left in xenstore of a domain's consoles once it is destroyed.
void console_withdraw_all(struct xenstore *xs, unsigned domid);
