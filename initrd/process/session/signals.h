// Signals from Dom0: the kernel runs this helper as its power-off command when
// control/shutdown is written, and the numbers wait in data/signals.
#pragma once

#include <sys/types.h>

// Sends what is queued to the container's process, if there is one yet.  With an
// empty queue the domain was shut down by hand, which stops the container.
int signals_deliver(void);
// Says which process gets the signals, and sends it those that came before.
void signals_publish(pid_t process);
// Waits until there is such a process; its pid, or -1 if it takes too long.
pid_t signals_process(void);
