#include "domain.h"
#include "../protocol/nodes.h"
#include "../protocol/number.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct node domain_node(unsigned domid, const char *format, ...) {
    struct node node;
    va_list arguments;
    size_t length = (size_t)snprintf(node.path, sizeof node.path, "/local/domain/%u/", domid);
    va_start(arguments, format);
    vsnprintf(node.path + length, sizeof node.path - length, format, arguments);
    va_end(arguments);
    return node;
}

int domain_exists(struct xenstore *xs, unsigned domid) {
    char name[XENSTORE_MAX + 1];
    int rc = xenstore_read(xs, domain_node(domid, NODE_NAME).path, name, sizeof name);
    if (rc == -ENOENT) return -ESRCH;
    return rc < 0 ? rc : 0;
}

int domain_find(struct xenstore *xs, struct domain *domain) {
    char names[XENSTORE_MAX + 1];
    const int length = xenstore_list(xs, "/local/domain", names);
    if (length < 0) return length;
    for (const char *name = names; name < names + length; name += strlen(name) + 1) {
        uint64_t id;
        if (!number_parse(name, 10, &id) || id == 0 || id > UINT_MAX) continue;
        struct domain found = *domain;
        found.id = (unsigned)id;
        if (!domain_is_there(xs, &found)) continue;
        *domain = found;
        return 0;
    }
    return -ESRCH;
}

bool domain_is_there(struct xenstore *xs, const struct domain *domain) {
    char name[DOMAIN_NAME_MAX];
    int rc = xenstore_read(xs, domain_node(domain->id, NODE_NAME).path, name, sizeof name);
    return rc >= 0 && !strcmp(name, domain->name);
}
