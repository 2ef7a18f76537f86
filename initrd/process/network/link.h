// The domain's network interfaces.  All return 0, or a negative errno.
#pragma once

// Brings up the loopback interface.
int link_up_loopback(void);
// Waits until there is an interface with this MAC, gives it the name and the MTU, and
// brings it up.  Another one of that name gets out of the way.  -ETIMEDOUT when none came.
int link_take(const unsigned char mac[6], const char *name, unsigned mtu);
int link_set_mtu(const char *name, unsigned mtu);

enum { LINK_SECONDS = 10 }; // how long it is waited for
