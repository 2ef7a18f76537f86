// The withdrawer: a process that outlives the owner of devices in a domain that goes on.  When
// the owner has ended, however that was, it takes the devices back, at which the guest ends
// what used them, and removes the file that said there is such an owner.
#pragma once

#include "../backend/device.h"

// The owner's side: has the device taken back in the end; false when nobody is there to do it.
bool withdrawer_add(int withdrawer, const struct device *device);

// The withdrawer itself, of devices of one domain.
_Noreturn void withdrawer_run(unsigned domid, const char *pid_file, int owner);
