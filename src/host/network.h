// What a guest is told of its network.
#pragma once

// Leaves the text on standard input, at most 256 KiB of lines, in the nodes below
// NODE_NETWORK of the domain, whole lines in each; 0, or a negative errno: -ESRCH when there
// is no such domain.
int network_tell_guest(unsigned domid);
