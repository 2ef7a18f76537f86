// The container's file systems, devices and protected paths.  All return NULL
// when done, else what failed, with errno set.
#pragma once

#include "../record.h"

// Makes what is mounted there the root directory of this mount namespace.
const char *mounts_enter_rootfs(const char *rootfs);
const char *mounts_apply(const struct process *process);
const char *mounts_make_devices(const struct process *process);
// Masked and read-only paths and the read-only rootfs.
const char *mounts_protect(const struct process *process);
// What is mounted once the container is started.
const char *mounts_apply_late(const struct process *process);
