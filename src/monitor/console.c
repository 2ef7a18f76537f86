#include "console.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

typedef uint16_t domid_t;     // Xen's types, which the kernel's headers use
typedef uint32_t grant_ref_t; // and do not define

#include <xen/evtchn.h>
#include <xen/gntdev.h>

enum { RING_PAGE = 4096, PATH = 128 };

// XenbusState, xen/interface/io/xenbus.h
enum { INITIALISING = 1, INIT_WAIT = 2, INITIALISED = 3, CONNECTED = 4, CLOSING = 5, CLOSED = 6 };

struct console_ring {
    char in[1024], out[2048];
    uint32_t in_cons, in_prod, out_cons, out_prod;
};

static void backend_path(char path[PATH], unsigned domid, unsigned index, const char *node) {
    snprintf(path, PATH, "/local/domain/0/backend/console/%u/%u%s", domid, index, node);
}

static void frontend_path(char path[PATH], unsigned domid, unsigned index, const char *node) {
    snprintf(path, PATH, "/local/domain/%u/device/console/%u%s", domid, index, node);
}

static int write_number(struct xenstore *xs, uint32_t tx, const char *path, unsigned value) {
    char text[12];
    snprintf(text, sizeof text, "%u", value);
    return xenstore_write(xs, tx, path, text);
}

static int offer_one(struct xenstore *xs, uint32_t tx, const struct console *console) {
    char path[PATH], frontend[PATH], backend[PATH];
    unsigned domid = console->domid, index = console->index;
    int rc = 0;
    frontend_path(frontend, domid, index, "");
    backend_path(backend, domid, index, "");
    const struct {
        const char *node;
        const char *text; // NULL: number
        unsigned number;
    } back[] = {{"/frontend", frontend, 0},
                {"/frontend-id", NULL, domid},
                {"/online", NULL, 1},
                {"/state", NULL, INIT_WAIT}},
      front[] = {
          {"/backend", backend, 0}, {"/backend-id", NULL, 0}, {"/state", NULL, INITIALISING}};
    if ((rc = xenstore_write(xs, tx, backend, "")) < 0) return rc;
    if ((rc = xenstore_set_owner(xs, tx, backend, 0, domid)) < 0) return rc;
    if ((rc = xenstore_write(xs, tx, frontend, "")) < 0) return rc;
    if ((rc = xenstore_set_owner(xs, tx, frontend, domid, 0)) < 0) return rc;
    for (size_t i = 0; i < sizeof back / sizeof *back; i++) {
        backend_path(path, domid, index, back[i].node);
        rc = back[i].text ? xenstore_write(xs, tx, path, back[i].text)
                          : write_number(xs, tx, path, back[i].number);
        if (rc < 0) return rc;
    }
    for (size_t i = 0; i < sizeof front / sizeof *front; i++) {
        frontend_path(path, domid, index, front[i].node);
        rc = front[i].text ? xenstore_write(xs, tx, path, front[i].text)
                           : write_number(xs, tx, path, front[i].number);
        if (rc < 0) return rc;
    }
    return 0;
}

int console_offer(struct xenstore *xs, unsigned domid, struct console *consoles, unsigned count) {
    char path[PATH];
    int rc;
    do {
        uint32_t tx;
        if ((rc = xenstore_begin(xs, &tx)) < 0) return rc;
        // The guest's kernel lists this directory, so it must be the guest's to read.
        snprintf(path, sizeof path, "/local/domain/%u/device/console", domid);
        rc = xenstore_write(xs, tx, path, "");
        if (rc == 0) rc = xenstore_set_owner(xs, tx, path, domid, 0);
        snprintf(path, sizeof path, "/local/domain/0/backend/console/%u", domid);
        if (rc == 0) rc = xenstore_write(xs, tx, path, "");
        if (rc == 0) rc = xenstore_set_owner(xs, tx, path, 0, domid);
        for (unsigned i = 0; i < count && rc == 0; i++) rc = offer_one(xs, tx, &consoles[i]);
        int committed = xenstore_commit(xs, tx);
        if (rc == 0) rc = committed;
    } while (rc == -EAGAIN);
    if (rc == 0)
        for (unsigned i = 0; i < count; i++) consoles[i].state = CONSOLE_OFFERED;
    return rc;
}

static int set_backend_state(struct console *console, struct xenstore *xs, unsigned state) {
    char path[PATH];
    backend_path(path, console->domid, console->index, "/state");
    return write_number(xs, 0, path, state);
}

static int read_frontend(struct console *console, struct xenstore *xs, const char *node,
                         unsigned long *value) {
    char path[PATH], text[16], *end;
    frontend_path(path, console->domid, console->index, node);
    int rc = xenstore_read(xs, 0, path, text, sizeof text);
    if (rc < 0) return rc;
    *value = strtoul(text, &end, 10);
    return *text == '\0' || *end != '\0' || *value > UINT32_MAX ? -EINVAL : 0;
}

static int connect_ring(struct console *console, struct xenstore *xs, int gntdev, int evtchn) {
    unsigned long ref, port;
    int rc = read_frontend(console, xs, "/ring-ref", &ref);
    if (rc == 0) rc = read_frontend(console, xs, "/port", &port);
    if (rc < 0) return rc;
    struct ioctl_gntdev_map_grant_ref map = {.count = 1, .refs = {{console->domid, (uint32_t)ref}}};
    if (ioctl(gntdev, IOCTL_GNTDEV_MAP_GRANT_REF, &map) < 0) return -errno;
    void *page =
        mmap(NULL, RING_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, gntdev, (off_t)map.index);
    if (page == MAP_FAILED) return -errno;
    struct ioctl_evtchn_bind_interdomain bind = {console->domid, (uint32_t)port};
    int local = ioctl(evtchn, IOCTL_EVTCHN_BIND_INTERDOMAIN, &bind);
    if (local < 0) {
        rc = -errno;
        munmap(page, RING_PAGE);
        return rc;
    }
    console->ring = page;
    console->grant = map.index;
    console->port = (uint32_t)local;
    console->out_cons = __atomic_load_n(&console->ring->out_cons, __ATOMIC_RELAXED);
    console->in_prod = __atomic_load_n(&console->ring->in_prod, __ATOMIC_RELAXED);
    console->state = CONSOLE_CONNECTED;
    return set_backend_state(console, xs, CONNECTED);
}

int console_update(struct console *console, struct xenstore *xs, int gntdev, int evtchn) {
    unsigned long state;
    int rc = read_frontend(console, xs, "/state", &state);
    if (rc < 0) return rc == -ENOENT ? 0 : rc; // not set up yet, or the domain is gone
    if (console->state == CONSOLE_OFFERED && (state == INITIALISED || state == CONNECTED))
        return connect_ring(console, xs, gntdev, evtchn);
    if (console->state == CONSOLE_CONNECTED && (state == CLOSING || state == CLOSED)) {
        console->state = CONSOLE_CLOSED;
        return set_backend_state(console, xs, CLOSED);
    }
    return 0;
}

static void notify(struct console *console, int evtchn) {
    struct ioctl_evtchn_notify notify = {console->port};
    // A guest that is gone cannot be told; its end is noticed through xenstore.
    (void)ioctl(evtchn, IOCTL_EVTCHN_NOTIFY, &notify);
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

void console_consume(struct console *console, int evtchn, size_t length) {
    console->out_cons += (uint32_t)length;
    __atomic_store_n(&console->ring->out_cons, console->out_cons, __ATOMIC_RELEASE);
    notify(console, evtchn);
}

size_t console_write(struct console *console, int evtchn, const void *bytes, size_t length) {
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
    notify(console, evtchn);
    return length;
}

void console_unmap(struct console *console, int gntdev, int evtchn) {
    if (!console->ring) return;
    struct ioctl_evtchn_unbind unbind = {console->port};
    (void)ioctl(evtchn, IOCTL_EVTCHN_UNBIND, &unbind);
    munmap(console->ring, RING_PAGE);
    struct ioctl_gntdev_unmap_grant_ref unmap = {.index = console->grant, .count = 1};
    (void)ioctl(gntdev, IOCTL_GNTDEV_UNMAP_GRANT_REF, &unmap);
    console->ring = NULL;
}

void console_withdraw_all(struct xenstore *xs, unsigned domid) {
    char path[PATH];
    snprintf(path, sizeof path, "/local/domain/0/backend/console/%u", domid);
    (void)xenstore_remove(xs, 0, path);
}
