#define _GNU_SOURCE
#include "network.h"
#include "../../../src/protocol/nodes.h"
#include "../../../src/protocol/read_full.h"
#include "../../../src/protocol/xenstore.h"
#include "dhcp.h"
#include "link.h"
#include "network_line.h"
#include "resolv.h"
#include "routing.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_NODES = 1024, MAX_TEXT = 1 << 20 };

static char sentence[256];

// What resolv lines say, and whose they are.
static char resolv[MAX_TEXT], resolv_part[IF_NAMESIZE] = RESOLV_FIXED;
static size_t resolv_length;
static bool resolv_told;

// "network: SUBJECT: WHY"; the subject is printable, whatever the line holds.
static const char *because(const char *subject, size_t length, const char *why) {
    enum { LONGEST = 128 };
    char shown[LONGEST + 1];
    if (length > LONGEST) length = LONGEST;
    for (size_t i = 0; i < length; i++)
        shown[i] = isprint((unsigned char)subject[i]) ? subject[i] : '?';
    shown[length] = '\0';
    snprintf(sentence, sizeof sentence, "network: %s: %s", shown, why);
    return sentence;
}

static const char *failed(const char *subject, int rc) {
    return because(subject, strlen(subject), strerror(-rc));
}

static const char *refused(const char *text, size_t length, int rc) {
    size_t end = 0;
    // The first three words say what it was about.
    for (int words = 0; end < length; end++)
        if (text[end] == ' ' && ++words == 3) break;
    return because(text, end, rc == -ETIMEDOUT ? "no such interface came" : strerror(-rc));
}

static int take_resolv(const struct network_line *line) {
    if (line->text_length >= sizeof resolv - resolv_length) return -E2BIG;
    memcpy(resolv + resolv_length, line->text, line->text_length);
    resolv_length += line->text_length;
    resolv[resolv_length++] = '\n';
    resolv_told = true;
    return 0;
}

// Dom0 cannot know what a DHCP server gives, and people there look for the container.
static void tell_dom0(const char *name, const char *address) {
    struct xenstore xs;
    char path[sizeof NODE_ADDRESS "/" + IF_NAMESIZE];
    if (xenstore_open(&xs) < 0) return;
    snprintf(path, sizeof path, NODE_ADDRESS "/%s", name);
    xenstore_write(&xs, path, address);
    xenstore_close(&xs);
}

static bool is_lease(void) {
    return strcmp(resolv_part, RESOLV_FIXED) != 0;
}

static int add_address(const struct network_line *line) {
    char address[INET6_ADDRSTRLEN], text[sizeof address + 4];
    int rc = routing_add_address(line);
    if (rc == 0 && is_lease() &&
        inet_ntop(line->address.family, line->address.bytes, address, sizeof address)) {
        snprintf(text, sizeof text, "%s/%u", address, line->prefix);
        tell_dom0(line->name, text);
    }
    return rc;
}

// What the link's last lease has brought is forgotten; the lines that follow are of the next.
static int begin_lease(const struct network_line *line) {
    int rc = routing_remove_addresses(line->name);
    tell_dom0(line->name, "");
    memcpy(resolv_part, line->name, sizeof resolv_part);
    resolv_told = true;
    return rc;
}

static int act(const struct network_line *line) {
    switch (line->kind) {
    case NETWORK_LINK:
        return link_take(line->mac, line->name, line->mtu);
    case NETWORK_MTU:
        return link_set_mtu(line->name, line->mtu);
    case NETWORK_ADDRESS:
        return add_address(line);
    case NETWORK_ROUTE:
        return routing_add_route(line);
    case NETWORK_NEIGHBOUR:
        return routing_add_neighbour(line);
    case NETWORK_LEASE:
        return begin_lease(line);
    case NETWORK_RESOLV:
        return take_resolv(line);
    case NETWORK_DHCP:
        break;
    }
    // The container is to have the file from the start, which a later lease may fill.
    resolv_told = true;
    return dhcp_start(line->name);
}

static const char *apply_line(const char *text, size_t length) {
    struct network_line line;
    const char *wrong = network_line_parse(&line, text, length);
    if (wrong) return because(text, length, wrong);
    int rc = act(&line);
    return rc < 0 ? refused(text, length, rc) : NULL;
}

static const char *apply_text(const char *text, size_t length) {
    for (const char *end = text + length; text < end;) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        const char *line_end = newline ? newline : end;
        const char *wrong = apply_line(text, (size_t)(line_end - text));
        if (wrong) return wrong;
        text = line_end + 1;
    }
    return NULL;
}

static const char *apply_stdin(void) {
    char *text = malloc(MAX_TEXT);
    if (!text) abort();
    ssize_t length = read_full(STDIN_FILENO, text, MAX_TEXT);
    if (length == MAX_TEXT) length = -E2BIG;
    const char *wrong =
        length < 0 ? failed("reading the lines", (int)length) : apply_text(text, (size_t)length);
    free(text);
    return wrong;
}

static const char *apply_nodes(struct xenstore *xs) {
    char path[32], text[XENSTORE_MAX + 1];
    for (int node = 0; node < MAX_NODES; node++) {
        snprintf(path, sizeof path, NODE_NETWORK "/%d", node);
        int length = xenstore_read(xs, path, text, sizeof text);
        if (length == -ENOENT) return NULL;
        const char *wrong = length < 0 ? failed(path, length) : apply_text(text, (size_t)length);
        if (wrong) return wrong;
    }
    return failed(NODE_NETWORK, -E2BIG);
}

static const char *apply_xenstore(void) {
    struct xenstore xs;
    int rc = xenstore_open(&xs);
    if (rc < 0) return failed("xenstore", rc);
    const char *wrong = apply_nodes(&xs);
    xenstore_close(&xs);
    return wrong;
}

const char *network_begin(void) {
    int rc = link_up_loopback();
    return rc < 0 ? failed("lo", rc) : NULL;
}

bool network_has_resolv(void) {
    return resolv_told;
}

const char *network_apply(bool from_stdin) {
    resolv_length = 0;
    const char *wrong = from_stdin ? apply_stdin() : apply_xenstore();
    if (wrong) return wrong;
    int rc = resolv_told ? resolv_write(resolv_part, resolv, resolv_length) : 0;
    if (rc < 0) return failed("resolv.conf", rc);
    return dhcp_wait();
}
