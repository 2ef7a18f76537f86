#include "../monitor/monitor.h"
#include "../protocol/read_full.h"
#include "../protocol/xenstore.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int vif_is_connected(const char *path) {
    struct xenstore xs;
    char node[256];
    if (path == NULL || snprintf(node, sizeof node, "%s/hotplug-status", path) >= (int)sizeof node)
        return -EINVAL;
    int rc = xenstore_open(&xs);
    if (rc < 0) return rc;
    rc = xenstore_write(&xs, 0, node, "connected");
    xenstore_close(&xs);
    return rc;
}

// Splits `text` into nodes of whole lines: 0, 1, 2 ...
static int write_nodes(struct xenstore *xs, uint32_t tx, const char *directory, char *text) {
    enum { NODE_MAX = 3000 };
    for (unsigned node = 0; *text != '\0'; node++) {
        char path[80], *end = text;
        for (char *line; (line = strchr(end, '\n')) && line + 1 - text <= NODE_MAX;) end = line + 1;
        if (end == text) return -E2BIG;
        char next = *end;
        *end = '\0';
        snprintf(path, sizeof path, "%s/%u", directory, node);
        int rc = xenstore_write(xs, tx, path, text);
        if (rc < 0) return rc;
        *end = next;
        text = end;
    }
    return 0;
}

static int write_network(struct xenstore *xs, unsigned domid, char *text) {
    char name_path[64], name[256], directory[64];
    uint32_t tx;
    snprintf(name_path, sizeof name_path, "/local/domain/%u/name", domid);
    snprintf(directory, sizeof directory, "/local/domain/%u/vm-data/network", domid);
    int rc = xenstore_begin(xs, &tx);
    if (rc < 0) return rc;
    // Writing would make the nodes of a domain that is gone.
    rc = xenstore_read(xs, tx, name_path, name, sizeof name);
    if (rc == -ENOENT) rc = -ESRCH;
    if (rc >= 0) rc = xenstore_remove(xs, tx, directory);
    if (rc == 0 || rc == -ENOENT) rc = write_nodes(xs, tx, directory, text);
    int ended = xenstore_end(xs, tx, rc == 0);
    return rc == 0 ? ended : rc;
}

int vif_print_address(unsigned domid, const char *name) {
    struct xenstore xs;
    char path[128], address[64];
    int rc = xenstore_open(&xs);
    if (rc < 0) return rc;
    snprintf(path, sizeof path, "/local/domain/%u/data/address/%s", domid, name);
    rc = xenstore_read(&xs, 0, path, address, sizeof address);
    xenstore_close(&xs);
    if (rc >= 0) puts(address);
    return rc < 0 && rc != -ENOENT ? rc : 0;
}

int vif_tell_guest(unsigned domid) {
    enum { MAX_TRIES = 32 };
    static char text[256 * 1024];
    ssize_t length = read_full(STDIN_FILENO, text, sizeof text - 1);
    if (length < 0) return (int)length;
    if (length == sizeof text - 1) return -E2BIG;
    struct xenstore xs;
    int rc = xenstore_open(&xs);
    if (rc < 0) return rc;
    for (int tries = 0; tries < MAX_TRIES; tries++)
        if ((rc = write_network(&xs, domid, text)) != -EAGAIN) break;
    xenstore_close(&xs);
    return rc;
}
