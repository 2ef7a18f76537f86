#include "console.h"

#include <errno.h>

struct console_ring {
    char in[1024], out[2048];
    uint32_t in_cons, in_prod, out_cons, out_prod;
};

struct device_offer console_offer(unsigned domid, unsigned first, unsigned last) {
    return (struct device_offer){.device = {"console", domid, first}, .first = first, .last = last};
}

static int connect_ring(struct console *console, struct xenstore *xs,
                        const struct channels *channels) {
    int64_t ref = device_read_number(&console->device, xs, "ring-ref");
    int64_t port = device_read_number(&console->device, xs, "port");
    if (ref < 0 || port < 0) return (int)(ref < 0 ? ref : port);
    const uint32_t page = (uint32_t)ref;
    int rc = channels_map(channels, (struct grant_refs){console->device.domid, 1, &page},
                          &console->grant);
    if (rc < 0) return rc;
    int local = channels_bind(channels, console->device.domid, (uint32_t)port);
    if (local < 0) {
        channels_unmap(channels, &console->grant);
        return local;
    }
    console->ring = console->grant.pages;
    console->port = (uint32_t)local;
    console->out_cons = __atomic_load_n(&console->ring->out_cons, __ATOMIC_RELAXED);
    console->in_prod = __atomic_load_n(&console->ring->in_prod, __ATOMIC_RELAXED);
    console->state = CONSOLE_CONNECTED;
    return device_set_backend_state(&console->device, xs, DEVICE_CONNECTED);
}

int console_update(struct console *console, struct xenstore *xs, const struct channels *channels) {
    int state = device_frontend_state(&console->device, xs);
    if (console->state == CONSOLE_OFFERED &&
        (state == DEVICE_INITIALISED || state == DEVICE_CONNECTED)) {
        int rc = connect_ring(console, xs, channels);
        if (rc < 0) console->state = CONSOLE_CLOSED; // a guest has one try
        return rc;
    }
    if (console->state == CONSOLE_CONNECTED &&
        (state == DEVICE_CLOSING || state == DEVICE_CLOSED)) {
        console->state = CONSOLE_CLOSED;
        return device_set_backend_state(&console->device, xs, DEVICE_CLOSED);
    }
    return 0;
}

size_t console_peek(struct console *console, const void **bytes) {
    if (!console->ring) return 0;
    uint32_t size = sizeof console->ring->out;
    uint32_t available =
        __atomic_load_n(&console->ring->out_prod, __ATOMIC_ACQUIRE) - console->out_cons;
    if (available > size) { // the guest's index is out of range: believe it no longer
        console->state = CONSOLE_CLOSED;
        return 0;
    }
    uint32_t start = console->out_cons % size;
    *bytes = console->ring->out + start;
    return available < size - start ? available : size - start;
}

void console_consume(struct console *console, const struct channels *channels, size_t length) {
    uint32_t before = console->out_cons;
    console->out_cons += (uint32_t)length;
    __atomic_store_n(&console->ring->out_cons, console->out_cons, __ATOMIC_SEQ_CST);
    // A guest waits only when the ring was full, and one that is woken for nothing
    // answers later and later (Linux, drivers/xen/events: lateeoi).
    uint32_t produced = __atomic_load_n(&console->ring->out_prod, __ATOMIC_SEQ_CST);
    if (produced - before >= sizeof console->ring->out) channels_notify(channels, console->port);
}

size_t console_write(struct console *console, const struct channels *channels, const void *bytes,
                     size_t length) {
    if (console->state != CONSOLE_CONNECTED) return 0;
    uint32_t size = sizeof console->ring->in;
    uint32_t used = console->in_prod - __atomic_load_n(&console->ring->in_cons, __ATOMIC_ACQUIRE);
    if (used > size) {
        console->state = CONSOLE_CLOSED;
        return 0;
    }
    size_t room = size - used;
    if (length > room) length = room;
    if (length == 0) return 0;
    for (size_t i = 0; i < length; i++)
        console->ring->in[(console->in_prod + i) % size] = ((const char *)bytes)[i];
    console->in_prod += (uint32_t)length;
    __atomic_store_n(&console->ring->in_prod, console->in_prod, __ATOMIC_RELEASE);
    channels_notify(channels, console->port);
    return length;
}

void console_disconnect(struct console *console, const struct channels *channels) {
    if (!console->ring) return;
    channels_unbind(channels, console->port);
    channels_unmap(channels, &console->grant);
    console->ring = NULL;
}
