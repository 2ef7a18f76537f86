// Moves bytes between a process and the console that Dom0 serves (src/protocol/frame.h).
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

// Opens /dev/hvcN raw, for this process and its children alone, and says so to Dom0;
// -1 when it is not there.
int pump_open_console(int number);
// Starts a child that copies everything from `from` to the console until its end, in
// frames of type `reply` if that is not 0.
pid_t pump_output(int from, int console, int reply, const int *close_first);
// Ends it once it has copied what is there now.
void pump_finish(pid_t pump);
// Writes one frame to the console.
bool pump_reply(int console, int reply, const void *bytes, size_t length);

// What the frames that come from a console act on.
struct pump_input {
    int console;
    int to;        // the process's standard input, or its terminal's master
    bool terminal; // which of them
    bool framed;   // Dom0 wants to know what was passed on
    int gate;      // opened at the first window size; -1: nobody waits for that
    pid_t process; // gets the signals; not waited for yet
    int pidfd;     // of the process, set by pump_input
    pid_t outputs[2];
};

// Tells a terminal the size that a frame of type FRAME_WINDOW has in its body.
void pump_set_window(int terminal, const unsigned char *body, size_t length);
// Starts a child that takes frames until the console hangs up, and then kills the process.
pid_t pump_input(const struct pump_input *input);
// Reads one frame's type and body, of at most FRAME_MAX bytes; -1 at the end.
int pump_frame(int console, unsigned char *body, size_t *length);
