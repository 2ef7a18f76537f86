#define _GNU_SOURCE
#include "device.h"
#include "../protocol/number.h"
#include "../protocol/retry.h"
#include "../protocol/transaction.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { PATH = 128 };

static void backend_path(char path[PATH], const struct device *device, const char *node) {
    snprintf(path, PATH, "/local/domain/0/backend/%s/%u/%u%s%s", device->kind, device->domid,
             device->index, *node ? "/" : "", node);
}

static void frontend_path(char path[PATH], const struct device *device, const char *node) {
    snprintf(path, PATH, "/local/domain/%u/device/%s/%u%s%s", device->domid, device->kind,
             device->index, *node ? "/" : "", node);
}

// Writes below a directory; the first error stays, and nothing is written after it.
struct writer {
    struct xenstore *xs;
    int rc;
    char directory[PATH];
};

static void put(struct writer *writer, const char *node, const char *value) {
    char path[2 * PATH];
    snprintf(path, sizeof path, "%s/%s", writer->directory, node);
    if (writer->rc == 0) writer->rc = xenstore_write(writer->xs, path, value);
}

static void put_number(struct writer *writer, const char *node, unsigned value) {
    char text[12];
    snprintf(text, sizeof text, "%u", value);
    put(writer, node, text);
}

static void put_all(struct writer *writer, const struct device_node *nodes) {
    for (; nodes->name; nodes++) put(writer, nodes->name, nodes->value);
}

// Makes a directory, owned by `owner` and readable by `reader`.
static void make(struct writer *writer, const char *path, unsigned owner, unsigned reader) {
    if (writer->rc == 0) writer->rc = xenstore_write(writer->xs, path, "");
    if (writer->rc == 0) writer->rc = xenstore_set_owner(writer->xs, path, owner, reader);
}

static int offer_one(struct xenstore *xs, const struct device_offer *offer) {
    const struct device *device = &offer->device;
    const unsigned domid = device->domid;
    struct writer writer = {.xs = xs};
    char path[PATH], frontend[PATH], backend[PATH];
    // The guest's kernel lists the kind's directory, so it must be the guest's to read.
    snprintf(path, sizeof path, "/local/domain/%u/device/%s", domid, device->kind);
    make(&writer, path, domid, 0);
    snprintf(path, sizeof path, "/local/domain/0/backend/%s/%u", device->kind, domid);
    make(&writer, path, 0, domid);
    frontend_path(frontend, device, "");
    backend_path(backend, device, "");
    make(&writer, backend, 0, domid);
    make(&writer, frontend, domid, 0);

    strcpy(writer.directory, backend);
    put(&writer, "frontend", frontend);
    put_number(&writer, "frontend-id", domid);
    put_number(&writer, "online", 1);
    put_all(&writer, offer->backend);
    put_number(&writer, "state", DEVICE_INIT_WAIT);

    strcpy(writer.directory, frontend);
    put(&writer, "backend", backend);
    put_number(&writer, "backend-id", 0);
    put_all(&writer, offer->frontend);
    put_number(&writer, "state", DEVICE_INITIALISING);
    return writer.rc;
}

int device_set_backend_state(const struct device *device, struct xenstore *xs,
                             enum device_state state) {
    struct writer writer = {.xs = xs};
    backend_path(writer.directory, device, "");
    put_number(&writer, "state", (unsigned)state);
    return writer.rc;
}

static bool is_free(struct xenstore *xs, const struct device *device) {
    char path[PATH], value[XENSTORE_MAX + 1];
    backend_path(path, device, "frontend");
    return xenstore_read(xs, path, value, sizeof value) == -ENOENT;
}

struct offers {
    struct device_offer *list;
    size_t count;
};

// Where to look for a free index: what is below that of an offer like this one is taken.
static unsigned first_index(const struct offers *offers, size_t i) {
    const struct device_offer *offer = &offers->list[i];
    if (i == 0) return offer->first;
    const struct device_offer *before = offer - 1;
    const bool alike =
        before->first == offer->first && !strcmp(before->device.kind, offer->device.kind);
    return alike ? before->device.index + 1 : offer->first;
}

static int offer_all(struct xenstore *xs, void *context) {
    const struct offers *offers = context;
    int rc = 0;
    for (size_t i = 0; i < offers->count && rc == 0; i++) {
        struct device_offer *offer = &offers->list[i];
        unsigned *index = &offer->device.index;
        *index = first_index(offers, i);
        while (*index <= offer->last && !is_free(xs, &offer->device)) (*index)++;
        rc = *index > offer->last ? -ENOSPC : offer_one(xs, offer);
    }
    return rc;
}

int device_offer(struct xenstore *xs, struct device_offer *offers, size_t count) {
    struct offers all = {offers, count};
    return transaction_run(xs, offer_all, &all);
}

struct reminder {
    const struct device *device;
    bool waits;
};

// Any write below the frontend makes its watch fire.
static int write_again(struct xenstore *xs, void *context) {
    struct reminder *reminder = context;
    char path[PATH];
    reminder->waits = device_frontend_state(reminder->device, xs) == DEVICE_INITIALISING;
    if (!reminder->waits) return 0;
    frontend_path(path, reminder->device, "backend-id");
    return xenstore_write(xs, path, "0");
}

int device_remind(struct xenstore *xs, const struct device *device) {
    struct reminder reminder = {.device = device};
    int rc = transaction_run(xs, write_again, &reminder);
    return rc < 0 ? rc : reminder.waits;
}

static int begin_to_close(struct xenstore *xs, void *context) {
    const struct device *device = context;
    if (is_free(xs, device)) return -ENOENT; // somebody else has removed it
    return device_set_backend_state(device, xs, DEVICE_CLOSING);
}

static int remove_both(struct xenstore *xs, void *context) {
    const struct device *device = context;
    char frontend[PATH], backend[PATH];
    if (is_free(xs, device)) return -ENOENT;
    frontend_path(frontend, device, "");
    backend_path(backend, device, "");
    int rc = xenstore_remove(xs, backend);
    return rc < 0 ? rc : xenstore_remove(xs, frontend);
}

void device_withdraw(struct xenstore *xs, struct device *device) {
    struct retry retry = {.times = 250, .pause_ms = 20};
    if (transaction_run(xs, begin_to_close, device) < 0) return;
    for (int state; (state = device_frontend_state(device, xs)) != 0;)
        if (state == DEVICE_CLOSED || !retry_later(&retry)) break;
    (void)transaction_run(xs, remove_both, device);
}

int64_t device_read_number(const struct device *device, struct xenstore *xs, const char *node) {
    char path[PATH], text[16];
    uint64_t value;
    frontend_path(path, device, node);
    int rc = xenstore_read(xs, path, text, sizeof text);
    if (rc < 0) return rc;
    return !number_parse(text, 10, &value) || value > UINT32_MAX ? -EINVAL : (int64_t)value;
}

int device_frontend_state(const struct device *device, struct xenstore *xs) {
    int64_t state = device_read_number(device, xs, "state");
    return state < DEVICE_INITIALISING || state > DEVICE_CLOSED ? 0 : (int)state;
}

int device_watch(const struct device *device, struct xenstore *xs, unsigned token) {
    char path[PATH];
    frontend_path(path, device, "");
    return xenstore_watch(xs, path, token);
}

void device_withdraw_all(struct xenstore *xs, unsigned domid) {
    static const char *const kinds[] = {"console", "9pfs"};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        char path[PATH];
        snprintf(path, sizeof path, "/local/domain/0/backend/%s/%u", kinds[i], domid);
        (void)xenstore_remove(xs, path);
    }
}
