// The domain's network, as Dom0 or a lease tells it in lines (network_line.h).
#pragma once

#include <stdbool.h>

// Applies the lines of standard input, or those that Dom0 has left for this domain in
// xenstore.  NULL, or what is wrong, as a sentence.
const char *network_apply(bool from_stdin);
