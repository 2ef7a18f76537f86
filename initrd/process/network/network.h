// The domain's network, as Dom0 or a lease tells it in lines (network_line.h).
#pragma once

#include <stdbool.h>

// Applies the lines of standard input, or those that Dom0 has left for this domain in xenstore;
// a line that has been applied before does no harm.  NULL, or what is wrong, as a sentence.
const char *network_apply(bool from_stdin);
// Brings up the loopback interface.  NULL, or what is wrong.
const char *network_begin(void);
// Whether what was applied makes the container's resolv.conf.
bool network_has_resolv(void);
