// The backend of one Xen 9pfs device (xen/docs/misc/9pfs.pandoc): a process that
// moves whole 9P messages between the guest's rings and a 9P server of the host.
#pragma once

#include "../device.h"

#include <stdbool.h>
#include <sys/types.h>

// A file or directory of the host that a share serves.
struct export {
    const char *path;
    bool readonly, file;
    bool recursive; // with what is mounted below it
};

// One directory, served as EXPORTS/TAG; or files, served as EXPORTS/TAG/N.
struct share {
    struct device device;
    const char *tag; // what the guest mounts
    const struct export *exports;
    size_t export_count;
};

// What to offer of a share: the first free number of the domain's 9pfs devices.
struct device_offer share_offer(const struct share *share, unsigned domid);
// Starts the process; the share is offered already, as its device says, and `server` speaks
// 9P.  Its pid, or a negative errno.
pid_t share_start(const struct share *share, int server);
