// Addresses, routes and neighbours, as a line tells them.  All return 0, or a negative
// errno; what is there already is no error.
#pragma once

#include "network_line.h"

int routing_add_address(const struct network_line *line);
int routing_add_route(const struct network_line *line);
int routing_add_neighbour(const struct network_line *line);
// Removes all IPv4 addresses of the interface, and the kernel its IPv4 routes with them.
int routing_remove_addresses(const char *name);
