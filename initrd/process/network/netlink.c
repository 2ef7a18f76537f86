#define _GNU_SOURCE
#include "netlink.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int opened = -1;
static unsigned sequence;

int netlink_listen(unsigned groups) {
    const struct sockaddr_nl own = {.nl_family = AF_NETLINK, .nl_groups = groups};
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (fd < 0) return -errno;
    if (bind(fd, (const struct sockaddr *)&own, sizeof own) < 0) {
        int error = errno;
        close(fd);
        return -error;
    }
    return fd;
}

void netlink_drain(int fd) {
    char byte;
    // ENOBUFS says that news got lost, and there is more to read.
    while (recv(fd, &byte, 1, MSG_DONTWAIT) >= 0 || errno == ENOBUFS || errno == EINTR) {
    }
}

static void append(struct netlink_message *message, const void *value, size_t size) {
    size_t length = NLMSG_ALIGN(message->header.nlmsg_len);
    if (length + size > sizeof message->bytes) abort();
    if (size > 0) memcpy(message->bytes + length, value, size);
    message->header.nlmsg_len = (unsigned)(length + size);
}

void netlink_begin(struct netlink_message *message, unsigned type, const void *body, size_t size) {
    memset(message, 0, sizeof *message);
    message->header.nlmsg_len = NLMSG_HDRLEN;
    message->header.nlmsg_type = (unsigned short)type;
    message->header.nlmsg_flags = NLM_F_REQUEST;
    append(message, body, size);
}

void netlink_add(struct netlink_message *message, unsigned type, const void *value, size_t size) {
    const struct rtattr attribute = {(unsigned short)(RTA_LENGTH(0) + size), (unsigned short)type};
    append(message, &attribute, sizeof attribute);
    append(message, value, size);
}

const void *netlink_find(const struct nlmsghdr *message, size_t body, unsigned type, size_t size) {
    const unsigned char *bytes = (const unsigned char *)message;
    struct rtattr attribute;
    for (size_t at = NLMSG_SPACE(body); at + sizeof attribute <= message->nlmsg_len;
         at += RTA_ALIGN(attribute.rta_len)) {
        memcpy(&attribute, bytes + at, sizeof attribute);
        if (attribute.rta_len < sizeof attribute || attribute.rta_len > message->nlmsg_len - at)
            return NULL;
        if ((attribute.rta_type & NLA_TYPE_MASK) == type)
            return attribute.rta_len >= RTA_LENGTH(size) ? bytes + at + RTA_LENGTH(0) : NULL;
    }
    return NULL;
}

static int send_request(struct netlink_message *message) {
    if (opened < 0) {
        int fd = netlink_listen(0);
        if (fd < 0) return fd;
        opened = fd;
    }
    message->header.nlmsg_seq = ++sequence;
    return send(opened, message, message->header.nlmsg_len, 0) < 0 ? -errno : 0;
}

// The errno that a NLMSG_ERROR or NLMSG_DONE holds, as a negative number; 0 for none.
static int verdict(const struct nlmsghdr *message) {
    int error = 0;
    if (message->nlmsg_len >= NLMSG_LENGTH(sizeof error))
        memcpy(&error, NLMSG_DATA(message), sizeof error);
    return error;
}

// Reads until the request's answer is at its end.
static int receive(netlink_visitor *visit, void *context) {
    static _Alignas(struct nlmsghdr) unsigned char buffer[32768]; // the longest of a dump
    bool interrupted = false;
    for (;;) {
        ssize_t length = recv(opened, buffer, sizeof buffer, 0);
        if (length < 0 && errno == EINTR) continue;
        if (length < 0) return -errno;
        const struct nlmsghdr *message = (const struct nlmsghdr *)buffer;
        for (size_t left = (size_t)length; left >= sizeof *message && NLMSG_OK(message, left);
             message = NLMSG_NEXT(message, left)) {
            if (message->nlmsg_seq != sequence) continue;
            if (message->nlmsg_flags & NLM_F_DUMP_INTR) interrupted = true;
            if (message->nlmsg_type == NLMSG_ERROR || message->nlmsg_type == NLMSG_DONE) {
                int error = verdict(message);
                return error || !interrupted ? error : -EINTR;
            }
            if (visit) visit(message, context);
        }
    }
}

int netlink_request(struct netlink_message *message) {
    message->header.nlmsg_flags |= NLM_F_ACK;
    int rc = send_request(message);
    return rc < 0 ? rc : receive(NULL, NULL);
}

int netlink_dump(struct netlink_message *message, netlink_visitor *visit, void *context) {
    int rc;
    message->header.nlmsg_flags |= NLM_F_DUMP;
    // What changed under the dump may be missing from it.
    do {
        rc = send_request(message);
        if (rc == 0) rc = receive(visit, context);
    } while (rc == -EINTR);
    return rc;
}
