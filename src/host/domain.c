#include "domain.h"
#include "../protocol/nodes.h"

#include <errno.h>
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

bool domain_is_there(struct xenstore *xs, const struct domain *domain) {
    char name[DOMAIN_NAME_MAX];
    int rc = xenstore_read(xs, domain_node(domain->id, NODE_NAME).path, name, sizeof name);
    return rc >= 0 && !strcmp(name, domain->name);
}
