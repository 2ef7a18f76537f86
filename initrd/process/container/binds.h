// Bind mounts: what Dom0 shares beside the rootfs, and the guest's own devices.
// Both return NULL when done, else what failed, with errno set.
#pragma once

#include "../record.h"

// Mounts the shares and takes hold of every bind mount's source, which is out of
// reach once the rootfs is the root directory.
const char *binds_open(const struct process *process);
// Puts the source of mount number `index` on its destination, which is made if it is missing.
const char *binds_attach(const struct process *process, size_t index);
