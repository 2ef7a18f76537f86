#define _GNU_SOURCE
#include "link.h"
#include "../../../src/protocol/clock.h"
#include "../file.h"
#include "netlink.h"

#include <errno.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct search {
    const unsigned char *mac;
    int index; // 0: not found
};

static void compare(const struct nlmsghdr *message, void *context) {
    struct search *search = context;
    struct ifinfomsg info;
    if (message->nlmsg_type != RTM_NEWLINK || message->nlmsg_len < NLMSG_LENGTH(sizeof info))
        return;
    memcpy(&info, NLMSG_DATA(message), sizeof info);
    const void *mac = netlink_find(message, sizeof info, IFLA_ADDRESS, 6);
    if (info.ifi_type == ARPHRD_ETHER && mac && !memcmp(mac, search->mac, 6))
        search->index = info.ifi_index;
}

// The index of the interface with this MAC; 0 if there is none.
static int find(const unsigned char mac[6]) {
    const struct ifinfomsg info = {.ifi_family = AF_UNSPEC};
    struct netlink_message message;
    struct search search = {.mac = mac};
    netlink_begin(&message, RTM_GETLINK, &info, sizeof info);
    int rc = netlink_dump(&message, compare, &search);
    return rc < 0 ? rc : search.index;
}

// The frontends get to know of their interfaces one after the other, from Dom0.
static int wait_for(const unsigned char mac[6]) {
    const long long deadline = now_ms() + LINK_SECONDS * 1000;
    struct pollfd news = {.fd = netlink_listen(RTMGRP_LINK), .events = POLLIN};
    if (news.fd < 0) return news.fd;
    int index;
    for (long long left; (index = find(mac)) == 0 && (left = deadline - now_ms()) > 0;) {
        poll(&news, 1, (int)left);
        netlink_drain(news.fd);
    }
    close(news.fd);
    return index == 0 ? -ETIMEDOUT : index;
}

static int set_up(int index, bool up, unsigned mtu) {
    const struct ifinfomsg info = {
        .ifi_index = index, .ifi_flags = up ? IFF_UP : 0, .ifi_change = IFF_UP};
    struct netlink_message message;
    netlink_begin(&message, RTM_NEWLINK, &info, sizeof info);
    if (mtu) netlink_add(&message, IFLA_MTU, &mtu, sizeof mtu);
    return netlink_request(&message);
}

// Before Linux 6.2 an interface that is up keeps its name.
static int set_name(int index, const char *name) {
    const struct ifinfomsg info = {.ifi_index = index};
    struct netlink_message message;
    int rc = set_up(index, false, 0);
    if (rc < 0) return rc;
    netlink_begin(&message, RTM_NEWLINK, &info, sizeof info);
    netlink_add(&message, IFLA_IFNAME, name, strlen(name) + 1);
    return netlink_request(&message);
}

// Until its own name is told, the one in the way has one that nobody else has.
static int give_name(int index, const char *name) {
    enum { TRIES = 16 };
    for (int tries = 0; tries < TRIES; tries++) {
        char aside[IF_NAMESIZE];
        int holder = (int)if_nametoindex(name);
        if (holder == index) return 0;
        snprintf(aside, sizeof aside, "aside%d", holder);
        int rc = holder ? set_name(holder, aside) : set_name(index, name);
        // It is gone, or another one has come with that name.
        if (rc < 0 && rc != (holder ? -ENODEV : -EEXIST)) return rc;
    }
    return -EEXIST;
}

// Nobody else has this address, as Dom0 has given it: it may be used at once.
static int accept_addresses(const char *name) {
    char path[64];
    snprintf(path, sizeof path, "/proc/sys/net/ipv6/conf/%s/accept_dad", name);
    return file_write(path, "0") < 0 && errno != ENOENT ? -errno : 0; // ENOENT: no IPv6
}

int link_up_loopback(void) {
    return set_up((int)if_nametoindex("lo"), true, 0);
}

int link_take(const unsigned char mac[6], const char *name, unsigned mtu) {
    int index = wait_for(mac);
    if (index < 0) return index;
    int rc = give_name(index, name);
    if (rc == 0) rc = accept_addresses(name);
    return rc < 0 ? rc : set_up(index, true, mtu);
}

int link_set_mtu(const char *name, unsigned mtu) {
    int index = (int)if_nametoindex(name);
    return index == 0 ? -ENODEV : set_up(index, true, mtu);
}
