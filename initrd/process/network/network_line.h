// What Dom0 says of the network: lines of words, which src/protocol/README.md names.
#pragma once

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>

enum network_kind {
    NETWORK_LINK,
    NETWORK_MTU,
    NETWORK_ADDRESS,
    NETWORK_ROUTE,
    NETWORK_NEIGHBOUR,
    NETWORK_DHCP,
    NETWORK_LEASE,
    NETWORK_RESOLV,
};

struct ip_address {
    int family;    // AF_INET or AF_INET6; 0: none
    unsigned size; // in bytes
    unsigned char bytes[16];
};

struct network_line {
    enum network_kind kind;
    char name[IF_NAMESIZE];
    unsigned char mac[6];
    // The address itself, or the route's destination, with their prefix.
    struct ip_address address;
    unsigned prefix;
    struct ip_address other; // the address's peer, or the route's gateway
    struct ip_address source;
    unsigned mtu, metric, scope;
    bool onlink;
    const char *text; // resolv: what follows the word, in the line itself
    size_t text_length;
};

// Reads a line, which has no newline.  NULL when all is well, else what is wrong with it.
const char *network_line_parse(struct network_line *line, const char *text, size_t length);
