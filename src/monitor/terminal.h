// The host's side of a container's terminal.
#pragma once

// Opens a pseudoterminal, sends its master over the Unix socket at `path` as
// engines expect (one descriptor, some data, no answer), and returns the slave,
// raw and the caller's controlling terminal; a negative errno on failure.
int terminal_send_master(const char *path);
// Makes the terminal pass bytes as they are; terminal_restore undoes it.
void terminal_raw(int fd);
void terminal_restore(void);
