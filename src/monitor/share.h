// The backend of one Xen 9pfs device (xen/docs/misc/9pfs.pandoc): a process that
// moves whole 9P messages between the guest's rings and a 9P server of the host.
#pragma once

#include "device.h"

#include <sys/types.h>

struct share {
    struct device device;
    const char *tag;       // what the guest mounts
    const char *directory; // what is exported, as SHARE_EXPORT
    const char *diod;      // path of the server
};

// The exported directory's name in 9P, since the server sees little else.
#define SHARE_EXPORT "/export"

struct device_offer share_offer(const struct share *share);
// Starts the process; the share is offered already.  Its pid, or a negative errno.
pid_t share_start(const struct share *share);
