#define _GNU_SOURCE
#include "routing.h"
#include "netlink.h"

#include <errno.h>
#include <linux/neighbour.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

static void add_ip(struct netlink_message *message, unsigned type, const struct ip_address *ip) {
    if (ip->family) netlink_add(message, type, ip->bytes, ip->size);
}

static int request(struct netlink_message *message) {
    int rc = netlink_request(message);
    return rc == -EEXIST ? 0 : rc;
}

// The last address of a network; networks of one or two addresses have none to spare.
static void add_broadcast(struct netlink_message *message, const struct ip_address *ip,
                          unsigned prefix) {
    enum { LONGEST = 30 };
    struct ip_address last = *ip;
    if (ip->family != AF_INET || prefix > LONGEST) return;
    for (unsigned bit = prefix; bit < 32; bit++) last.bytes[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
    add_ip(message, IFA_BROADCAST, &last);
}

int routing_add_address(const struct network_line *line) {
    struct netlink_message message;
    const struct ip_address *far = line->other.family ? &line->other : &line->address;
    const uint32_t flags =
        IFA_F_NOPREFIXROUTE | (line->address.family == AF_INET6 ? IFA_F_NODAD : 0);
    const struct ifaddrmsg info = {.ifa_family = (uint8_t)line->address.family,
                                   .ifa_prefixlen = (uint8_t)line->prefix,
                                   .ifa_index = if_nametoindex(line->name)};
    if (info.ifa_index == 0) return -ENODEV;
    netlink_begin(&message, RTM_NEWADDR, &info, sizeof info);
    message.header.nlmsg_flags |= NLM_F_CREATE | NLM_F_EXCL;
    netlink_add(&message, IFA_FLAGS, &flags, sizeof flags);
    add_ip(&message, IFA_LOCAL, &line->address);
    add_ip(&message, IFA_ADDRESS, far);
    add_broadcast(&message, far, line->prefix);
    return request(&message);
}

int routing_add_route(const struct network_line *line) {
    struct netlink_message message;
    const unsigned index = if_nametoindex(line->name);
    const struct rtmsg info = {.rtm_family = (uint8_t)line->address.family,
                               .rtm_dst_len = (uint8_t)line->prefix,
                               .rtm_table = RT_TABLE_MAIN,
                               .rtm_protocol = RTPROT_BOOT,
                               .rtm_scope = (uint8_t)line->scope,
                               .rtm_type = RTN_UNICAST,
                               .rtm_flags = line->onlink ? RTNH_F_ONLINK : 0};
    if (index == 0) return -ENODEV;
    // Appended: two interfaces may have a route to the same place, the first being used.
    netlink_begin(&message, RTM_NEWROUTE, &info, sizeof info);
    message.header.nlmsg_flags |= NLM_F_CREATE | NLM_F_APPEND;
    if (line->prefix > 0) add_ip(&message, RTA_DST, &line->address);
    add_ip(&message, RTA_GATEWAY, &line->other);
    add_ip(&message, RTA_PREFSRC, &line->source);
    netlink_add(&message, RTA_OIF, &index, sizeof index);
    if (line->metric > 0) netlink_add(&message, RTA_PRIORITY, &line->metric, sizeof line->metric);
    return request(&message);
}

int routing_add_neighbour(const struct network_line *line) {
    struct netlink_message message;
    const struct ndmsg info = {.ndm_family = (uint8_t)line->address.family,
                               .ndm_ifindex = (int)if_nametoindex(line->name),
                               .ndm_state = NUD_PERMANENT};
    if (info.ndm_ifindex == 0) return -ENODEV;
    netlink_begin(&message, RTM_NEWNEIGH, &info, sizeof info);
    message.header.nlmsg_flags |= NLM_F_CREATE | NLM_F_REPLACE;
    add_ip(&message, NDA_DST, &line->address);
    netlink_add(&message, NDA_LLADDR, line->mac, sizeof line->mac);
    return request(&message);
}

struct search {
    unsigned index;
    struct ifaddrmsg info;
    uint8_t local[4];
    bool found;
};

static void look(const struct nlmsghdr *message, void *context) {
    struct search *search = context;
    struct ifaddrmsg info;
    if (message->nlmsg_type != RTM_NEWADDR || message->nlmsg_len < NLMSG_LENGTH(sizeof info))
        return;
    memcpy(&info, NLMSG_DATA(message), sizeof info);
    const void *local = netlink_find(message, sizeof info, IFA_LOCAL, sizeof search->local);
    if (info.ifa_index != search->index || !local) return;
    search->info = info;
    memcpy(search->local, local, sizeof search->local);
    search->found = true;
}

int routing_remove_addresses(const char *name) {
    struct search search = {.index = if_nametoindex(name)};
    if (search.index == 0) return -ENODEV;
    for (;;) {
        struct netlink_message message;
        const struct ifaddrmsg all = {.ifa_family = AF_INET};
        search.found = false;
        netlink_begin(&message, RTM_GETADDR, &all, sizeof all);
        int rc = netlink_dump(&message, look, &search);
        if (rc < 0 || !search.found) return rc;
        netlink_begin(&message, RTM_DELADDR, &search.info, sizeof search.info);
        netlink_add(&message, IFA_LOCAL, search.local, sizeof search.local);
        rc = netlink_request(&message);
        if (rc < 0 && rc != -EADDRNOTAVAIL) return rc; // it went with another one
    }
}
