// rtnetlink(7): asks the kernel for one thing at a time, and waits for its answer.
#pragma once

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stddef.h>

struct netlink_message {
    union {
        struct nlmsghdr header;
        unsigned char bytes[256]; // the longest of ours has half of that
    };
};

// Begins a request of this type, whose body is a struct of rtnetlink(7); further flags may be set
// in its header.
void netlink_begin(struct netlink_message *message, unsigned type, const void *body, size_t size);
void netlink_add(struct netlink_message *message, unsigned type, const void *value, size_t size);
// Sends it.  0 when it is done, else a negative errno.
int netlink_request(struct netlink_message *message);

typedef void netlink_visitor(const struct nlmsghdr *message, void *context);
// Sends it, and has `visit` see each message of the answer.  0, or a negative errno.
int netlink_dump(struct netlink_message *message, netlink_visitor *visit, void *context);
// The attribute of this type behind a message's body of `body` bytes; NULL if there is
// none that holds `size` bytes at least.
const void *netlink_find(const struct nlmsghdr *message, size_t body, unsigned type, size_t size);

// A descriptor that becomes readable at news of these groups (RTMGRP_*); or a negative errno.
int netlink_listen(unsigned groups);
// Takes in what there is to read, which must be done before looking for what has changed.
void netlink_drain(int fd);
