// The address that a guest has from a DHCP server.
#pragma once

// Prints the address that the guest says to have on an interface, or nothing; 0 or a
// negative errno.
int lease_print(unsigned domid, const char *interface);
