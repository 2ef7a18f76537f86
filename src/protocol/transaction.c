#include "transaction.h"

#include <errno.h>

int transaction_run(struct xenstore *xs, transaction_step *step, void *context) {
    enum { MAX_TRIES = 64 };
    int rc = -EAGAIN;
    for (int tries = 0; tries < MAX_TRIES && rc == -EAGAIN; tries++) {
        if ((rc = xenstore_begin(xs)) < 0) break;
        rc = step(xs, context);
        int ended = xenstore_end(xs, rc == 0);
        if (rc == 0) rc = ended;
    }
    return rc;
}
