#include "vif.h"
#include "../protocol/xenstore.h"

#include <errno.h>
#include <stdio.h>

int vif_connect(const char *path) {
    struct xenstore xs;
    char node[256];
    if (path == NULL || snprintf(node, sizeof node, "%s/hotplug-status", path) >= (int)sizeof node)
        return -EINVAL;
    int rc = xenstore_open(&xs);
    if (rc < 0) return rc;
    rc = xenstore_write(&xs, node, "connected");
    xenstore_close(&xs);
    return rc;
}
