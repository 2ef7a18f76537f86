#include "network.h"
#include "../protocol/nodes.h"
#include "../protocol/read_full.h"
#include "../protocol/transaction.h"
#include "domain.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

struct message {
    unsigned domid;
    char *text;
};

// Splits the text into nodes of whole lines: 0, 1, 2 ...
static int write_nodes(struct xenstore *xs, const struct message *message) {
    enum { NODE_MAX = 3000 };
    char *text = message->text;
    for (unsigned number = 0; *text != '\0'; number++) {
        char *end = text;
        for (char *line; (line = strchr(end, '\n')) && line + 1 - text <= NODE_MAX;) end = line + 1;
        if (end == text) return -E2BIG;
        char next = *end;
        *end = '\0';
        int rc =
            xenstore_write(xs, domain_node(message->domid, NODE_NETWORK "/%u", number).path, text);
        *end = next;
        if (rc < 0) return rc;
        text = end;
    }
    return 0;
}

static int write_network(struct xenstore *xs, void *context) {
    const struct message *message = context;
    int rc = domain_exists(xs, message->domid);
    if (rc == 0) rc = xenstore_remove(xs, domain_node(message->domid, NODE_NETWORK).path);
    return rc == 0 || rc == -ENOENT ? write_nodes(xs, message) : rc;
}

int network_tell_guest(unsigned domid) {
    static char text[256 * 1024];
    ssize_t length = read_full(STDIN_FILENO, text, sizeof text - 1);
    if (length < 0) return (int)length;
    if (length == sizeof text - 1) return -E2BIG;
    struct xenstore xs;
    struct message message = {domid, text};
    int rc = xenstore_open(&xs);
    if (rc < 0) return rc;
    rc = transaction_run(&xs, write_network, &message);
    xenstore_close(&xs);
    return rc;
}
