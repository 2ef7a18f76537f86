#include "devices.h"
#include "../host/domain.h"
#include "../protocol/limits.h"
#include "../protocol/nodes.h"

static int watch(const struct relay *relay, struct xenstore *xs, unsigned domid, bool own_guest) {
    int rc = 0;
    for (unsigned i = 0; i < relay->console_count && rc == 0; i++)
        rc = device_watch(&relay->consoles[i].device, xs, WATCH_CONSOLES);
    if (rc == 0) rc = xenstore_watch(xs, "@releaseDomain", WATCH_RELEASE);
    if (rc == 0) rc = xenstore_watch(xs, domain_node(domid, NODE_DATA).path, WATCH_DATA);
    if (rc == 0 && own_guest)
        rc = xenstore_watch(xs, domain_node(domid, NODE_CONSOLE_TTY).path, WATCH_TTY);
    return rc;
}

int devices_offer(struct relay *relay, struct xenstore *xs, unsigned domid,
                  const struct options *options) {
    struct device_offer offers[2 + MAX_SHARES];
    struct share_list *list = options->shares;
    const unsigned consoles = options->own_guest ? 0 : options->terminal ? 1 : 2;
    for (unsigned i = 0; i < consoles; i++) offers[i] = console_offer(domid, i + 1, i + 1);
    for (size_t i = 0; i < list->share_count; i++)
        offers[consoles + i] = share_offer(&list->shares[i], domid);
    int rc = device_offer(xs, offers, consoles + list->share_count);
    if (rc < 0) return rc;
    for (unsigned i = 0; i < consoles; i++) relay->consoles[i].device = offers[i].device;
    for (size_t i = 0; i < list->share_count; i++)
        list->shares[i].device = offers[consoles + i].device;
    relay->console_count = consoles;
    return watch(relay, xs, domid, options->own_guest);
}

bool devices_remind(const struct relay *relay, struct xenstore *xs, const struct options *options) {
    const struct share_list *list = options->shares;
    bool waits = false;
    for (unsigned i = 0; i < relay->console_count; i++)
        waits |= device_remind(xs, &relay->consoles[i].device) > 0;
    for (size_t i = 0; i < list->share_count; i++)
        waits |= device_remind(xs, &list->shares[i].device) > 0;
    return waits;
}
