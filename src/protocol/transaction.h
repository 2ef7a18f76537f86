// A transaction of xenstore that is done again when another writer was faster.
#pragma once

#include "xenstore.h"

// Reads and writes in a transaction; 0, or a negative errno that leaves all as it was.
typedef int transaction_step(struct xenstore *xs, void *context);

// Runs the step until what it wrote has effect; 0 or a negative errno.  -EAGAIN: others
// write all the time, as a guest can do to its own nodes.
int transaction_run(struct xenstore *xs, transaction_step *step, void *context);
