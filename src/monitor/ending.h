// How a container ended: what its guest says of that, and what can be learned of a domain that
// ended without a word.
#pragma once

#include "keeper.h"

enum { EXIT_KILLED = 128 + 9 }; // of a process whose end is not known

struct ending {
    bool valid;      // the guest has told a number from 0 to 255
    int exit_code;   // that, or EXIT_KILLED
    char error[256]; // why there was no process, fit for a terminal; empty when there was one
};

// Reads what the guest has said of the container in this slot; false when it has said nothing.
bool ending_read(struct ending *ending, struct xenstore *xs, unsigned domid, unsigned slot);
// The last line about a panic that the guest's kernel left on its own console, which xenconsoled
// keeps, or else the last line; only characters fit for a terminal, empty when there is none.
void ending_console_line(struct xenstore *xs, unsigned domid, char *line, size_t size);
// Why a domain ended that has not powered off, as what "the guest ..." did.
const char *ending_reason(enum domain_state state);
