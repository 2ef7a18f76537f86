// What can be learned of a domain that ended without saying how its process did.
#pragma once

#include "keeper.h"

enum { EXIT_KILLED = 128 + 9 }; // of a process whose end is not known

// The exit code of a container whose domain is gone: the state directory says for
// which signal runx destroyed it.
int ending_exit_code(void);
// The last line about a panic that the guest's kernel left on its own console, which xenconsoled
// keeps, or else the last line; only characters fit for a terminal, empty when there is none.
void ending_console_line(struct xenstore *xs, unsigned domid, char *line, size_t size);
// Why a domain ended that has not powered off, as what "the guest ..." did.
const char *ending_reason(enum domain_state state);
