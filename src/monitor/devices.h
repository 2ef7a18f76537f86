// The devices of a container's domain that its monitor serves, and what it watches of the domain.
#pragma once

#include "options.h"
#include "relay.h"

// The tokens of the watches.
enum { WATCH_CONSOLES, WATCH_RELEASE, WATCH_DATA, WATCH_TTY };

// Offers the container's consoles and shares, all at once: a guest sees all of them, or none.
// Watches what the guest, Xen and xenconsoled say from then on.  0 or a negative errno.
int devices_offer(struct relay *relay, struct xenstore *xs, unsigned domid,
                  const struct options *options);
enum { REMINDERS = 300 }; // ticks of the loop: as long as a guest waits for its devices

// Reminds the guest of devices that it has not begun to use; false when there is none, or the
// domain is gone.
bool devices_remind(const struct relay *relay, struct xenstore *xs, const struct options *options);
