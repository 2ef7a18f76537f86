#include "transaction.h"

#include <errno.h>

int transaction_run(struct xenstore *xs, transaction_step *step, void *context) {
    enum { MAX_TRIES = 64 };
    int rc = -EAGAIN;
    for (int tries = 0; tries < MAX_TRIES && rc == -EAGAIN; tries++) {
        uint32_t tx;
        if ((rc = xenstore_begin(xs, &tx)) < 0) break;
        rc = step(xs, tx, context);
        int ended = xenstore_end(xs, tx, rc == 0);
        if (rc == 0) rc = ended;
    }
    return rc;
}
