// Leases of IPv4 addresses: busybox's udhcpc on a link, which calls initrd/dhcp.
#pragma once

// Starts the client on this link, unless it has one.  0, or a negative errno.
int dhcp_start(const char *name);
// Waits until each client has a lease, which stays in the background then.  NULL, or
// what is wrong.
const char *dhcp_wait(void);
