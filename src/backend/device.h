// The xenstore side of one split device whose backend is in this domain
// (xen/interface/io/xenbus.h): the two directories and their states.
#pragma once

#include "../protocol/xenstore.h"

#include <stddef.h>

enum device_state {
    DEVICE_INITIALISING = 1,
    DEVICE_INIT_WAIT = 2,
    DEVICE_INITIALISED = 3,
    DEVICE_CONNECTED = 4,
    DEVICE_CLOSING = 5,
    DEVICE_CLOSED = 6,
};

struct device {
    const char *kind; // "console", "9pfs"
    unsigned domid, index;
};

struct device_node {
    const char *name, *value;
};

// What a backend says of itself beyond what all do, and what it writes for its frontend.
struct device_offer {
    struct device device; // its index is the first from `first` to `last` that is free
    unsigned first, last;
    struct device_node backend[4], frontend[4]; // up to the first without a name, the last at most
};

// Offers the devices to their domain, all in one transaction: a guest that sees a device in
// part refuses it.  Sets their indices; -ENOSPC when one finds none that is free.
int device_offer(struct xenstore *xs, struct device_offer *offers, size_t count);
// Has a guest look once more at a device that it has not begun to use: Linux overlooks what is
// offered between its first look and its watch.  1 while the device waits, else 0 or a negative
// errno.
int device_remind(struct xenstore *xs, const struct device *device);
// Takes back a device of a domain that goes on: its frontend has a moment to close.
void device_withdraw(struct xenstore *xs, struct device *device);
// The frontend's state, 0 when it has none.
int device_frontend_state(const struct device *device, struct xenstore *xs);
int device_set_backend_state(const struct device *device, struct xenstore *xs,
                             enum device_state state);
// A number that the frontend wrote; a negative errno for anything else.
int64_t device_read_number(const struct device *device, struct xenstore *xs, const char *node);
// Watches what the frontend writes.
int device_watch(const struct device *device, struct xenstore *xs, unsigned token);
// Removes what is left of the backends once their domain is destroyed.
void device_withdraw_all(struct xenstore *xs, unsigned domid);
