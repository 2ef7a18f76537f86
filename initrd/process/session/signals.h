// Signals from Dom0: the kernel runs this program as its power-off command when
// NODE_SHUTDOWN is written, and the signals wait in NODE_SIGNALS.
#pragma once

#include "../containers.h"

// Sends what is queued to the containers that it is for; what is for one that does not run yet
// stays in the queue.  With an empty queue the domain was shut down by hand, which stops them all.
int signals_deliver(void);
// Says that the container's first process runs, and sends it what came before.
void signals_publish(const struct container *container);
// Says that it has ended.
void signals_withdraw(const struct container *container);
