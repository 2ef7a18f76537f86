// Moves bytes between the container's process and the consoles that Dom0 serves.
#pragma once

#include <stdbool.h>

// Opens /dev/hvcN, raw; waits a while for the kernel to set it up.
int pump_open_console(int number);
// Starts a child that copies everything from `from` to the console until its end.
int pump_output(int from, int console, const int *close_first);
// Starts a child that takes frames (src/monitor/relay.h) from the console: input
// for `to`, and the end of the outputs whose children are outputs[0] and [1].
int pump_input(int console, int to, bool terminal, int go, const int outputs[2]);
