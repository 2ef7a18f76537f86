#include "monitor.h"
#include "xenstore.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

// The guest's kernel runs its power-off command when control/shutdown is
// written; ours takes the numbers queued in data/signals and sends them.
int signal_guest(unsigned domid, int signal) {
    enum { QUEUE_MAX = 256 };
    char queue_path[64], shutdown_path[64], queue[QUEUE_MAX];
    struct xenstore xs;
    int rc = xenstore_open(&xs);
    if (rc < 0) return rc;
    snprintf(queue_path, sizeof queue_path, "/local/domain/%u/data/signals", domid);
    snprintf(shutdown_path, sizeof shutdown_path, "/local/domain/%u/control/shutdown", domid);
    do {
        uint32_t tx;
        if ((rc = xenstore_begin(&xs, &tx)) < 0) break;
        int length = xenstore_read(&xs, tx, queue_path, queue, sizeof queue - 8);
        if (length == -ENOENT) length = 0;
        if (length >= 0) {
            snprintf(queue + length, sizeof queue - (size_t)length, "%d ", signal);
            rc = xenstore_write(&xs, tx, queue_path, queue);
        } else {
            rc = length; // a guest that takes no signals fills its queue
        }
        if (rc == 0) rc = xenstore_write(&xs, tx, shutdown_path, "poweroff");
        int committed = xenstore_commit(&xs, tx);
        if (rc == 0) rc = committed;
    } while (rc == -EAGAIN);
    xenstore_close(&xs);
    return rc;
}
