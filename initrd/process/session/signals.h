// Signals from Dom0: the kernel runs this helper as its power-off command when
// control/shutdown is written, and the numbers wait in data/signals.
#pragma once

#include "../containers.h"

#include <stdbool.h>

// Sends what is queued to the container's process, if there is one yet.  With an
// empty queue the domain was shut down by hand, which stops the container.
int signals_deliver(void);
// Says that the container's first process runs, and sends it what came before.
void signals_publish(const struct container *container);
// Waits until it does, which it sets; false if that takes too long.
bool signals_wait_for(struct container *container);
