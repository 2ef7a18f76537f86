#include "lease.h"
#include "../protocol/nodes.h"
#include "domain.h"

#include <errno.h>
#include <stdio.h>

int lease_print(unsigned domid, const char *interface) {
    struct xenstore xs;
    char address[64];
    int rc = xenstore_open(&xs);
    if (rc < 0) return rc;
    rc = xenstore_read(&xs, domain_node(domid, NODE_ADDRESS "/%s", interface).path, address,
                       sizeof address);
    xenstore_close(&xs);
    if (rc >= 0) puts(address);
    return rc < 0 && rc != -ENOENT ? rc : 0;
}
