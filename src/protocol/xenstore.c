#include "xenstore.h"
#include "read_full.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    XS_DIRECTORY = 1,
    XS_READ = 2,
    XS_WATCH = 4,
    XS_TRANSACTION_START = 6,
    XS_TRANSACTION_END = 7,
    XS_WRITE = 11,
    XS_RM = 13,
    XS_SET_PERMS = 14,
    XS_WATCH_EVENT = 15,
    XS_ERROR = 16,
};

struct header {
    uint32_t type, request, transaction, length;
};

static const struct {
    const char *name;
    int number;
} errors[] = {
    {"EINVAL", EINVAL}, {"EACCES", EACCES}, {"EEXIST", EEXIST}, {"EISDIR", EISDIR},
    {"ENOENT", ENOENT}, {"ENOMEM", ENOMEM}, {"ENOSPC", ENOSPC}, {"EIO", EIO},
    {"EROFS", EROFS},   {"EBUSY", EBUSY},   {"EAGAIN", EAGAIN}, {"EPERM", EPERM},
    {"E2BIG", E2BIG},   {"EQUOTA", ENOSPC}, {"ENOSYS", ENOSYS},
};

static int error_number(const char *name) {
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
        if (!strcmp(name, errors[i].name)) return -errors[i].number;
    return -EIO;
}

int xenstore_open(struct xenstore *xs) {
    xs->events = xs->transaction = 0;
    xs->fd = open("/dev/xen/xenbus", O_RDWR | O_CLOEXEC);
    return xs->fd < 0 ? -errno : 0;
}

void xenstore_close(struct xenstore *xs) {
    close(xs->fd);
    xs->fd = -1;
}

static int read_all(int fd, void *buffer, size_t size) {
    ssize_t n = read_full(fd, buffer, size);
    return n < 0 ? (int)n : (size_t)n < size ? -EIO : 0;
}

// Reads one message into body (NUL-terminated); a watch event only sets its bit.
static int receive(struct xenstore *xs, struct header *header, char body[XENSTORE_MAX + 1]) {
    int rc = read_all(xs->fd, header, sizeof *header);
    if (rc < 0) return rc;
    if (header->length > XENSTORE_MAX) return -EIO;
    rc = read_all(xs->fd, body, header->length);
    if (rc < 0) return rc;
    body[header->length] = '\0';
    if (header->type == XS_WATCH_EVENT) {
        size_t path = strlen(body) + 1;
        if (path < header->length) {
            unsigned long token = strtoul(body + path, NULL, 10);
            if (token < 32) xs->events |= 1u << token;
        }
    }
    return 0;
}

struct payload {
    const char *bytes;
    size_t length;
};

// Sends a request and waits for its reply, which is left in body.
static int request(struct xenstore *xs, uint32_t type, struct payload payload,
                   char body[XENSTORE_MAX + 1]) {
    struct {
        struct header header;
        char payload[XENSTORE_MAX];
    } message = {{type, 0, xs->transaction, (uint32_t)payload.length}, {0}};
    if (payload.length > sizeof message.payload) return -E2BIG;
    memcpy(message.payload, payload.bytes, payload.length);
    size_t size = sizeof message.header + payload.length;
    if (write(xs->fd, &message, size) != (ssize_t)size) return errno ? -errno : -EIO;
    struct header reply;
    do {
        int rc = receive(xs, &reply, body);
        if (rc < 0) return rc;
    } while (reply.type == XS_WATCH_EVENT);
    if (reply.type == XS_ERROR) return error_number(body);
    if (reply.type != type) return -EIO;
    return (int)reply.length;
}

int xenstore_read(struct xenstore *xs, const char *path, char *value, size_t size) {
    char body[XENSTORE_MAX + 1];
    int length = request(xs, XS_READ, (struct payload){path, strlen(path) + 1}, body);
    if (length < 0) return length;
    if ((size_t)length >= size) return -E2BIG;
    memcpy(value, body, (size_t)length + 1);
    return length;
}

int xenstore_list(struct xenstore *xs, const char *path, char names[XENSTORE_MAX + 1]) {
    return request(xs, XS_DIRECTORY, (struct payload){path, strlen(path) + 1}, names);
}

// A request whose payload is PATH NUL TAIL.
static int request_with(struct xenstore *xs, uint32_t type, const char *path, struct payload tail) {
    char payload[XENSTORE_MAX], body[XENSTORE_MAX + 1];
    size_t path_length = strlen(path) + 1;
    if (path_length + tail.length > sizeof payload) return -E2BIG;
    memcpy(payload, path, path_length);
    memcpy(payload + path_length, tail.bytes, tail.length);
    int rc = request(xs, type, (struct payload){payload, path_length + tail.length}, body);
    return rc < 0 ? rc : 0;
}

int xenstore_write(struct xenstore *xs, const char *path, const char *value) {
    return request_with(xs, XS_WRITE, path, (struct payload){value, strlen(value)});
}

int xenstore_remove(struct xenstore *xs, const char *path) {
    return request_with(xs, XS_RM, path, (struct payload){"", 0});
}

int xenstore_set_owner(struct xenstore *xs, const char *path, unsigned owner, unsigned reader) {
    char perms[32];
    int length = snprintf(perms, sizeof perms, "n%u%cr%u", owner, '\0', reader);
    return request_with(xs, XS_SET_PERMS, path, (struct payload){perms, (size_t)length + 1});
}

int xenstore_watch(struct xenstore *xs, const char *path, unsigned token) {
    char text[12];
    int length = snprintf(text, sizeof text, "%u", token);
    return request_with(xs, XS_WATCH, path, (struct payload){text, (size_t)length + 1});
}

int xenstore_begin(struct xenstore *xs) {
    char body[XENSTORE_MAX + 1];
    int rc = request(xs, XS_TRANSACTION_START, (struct payload){"", 1}, body);
    if (rc < 0) return rc;
    xs->transaction = (uint32_t)strtoul(body, NULL, 10);
    return 0;
}

int xenstore_end(struct xenstore *xs, bool commit) {
    char body[XENSTORE_MAX + 1];
    int rc = request(xs, XS_TRANSACTION_END, (struct payload){commit ? "T" : "F", 2}, body);
    xs->transaction = 0;
    return rc < 0 ? rc : 0;
}

int xenstore_receive(struct xenstore *xs) {
    struct pollfd ready = {.fd = xs->fd, .events = POLLIN};
    while (poll(&ready, 1, 0) > 0) {
        struct header header;
        char body[XENSTORE_MAX + 1];
        int rc = receive(xs, &header, body);
        if (rc < 0) return rc;
    }
    return 0;
}
