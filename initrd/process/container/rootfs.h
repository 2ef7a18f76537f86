// The rootfs: a share of Dom0's, or disks: a file system that is only read, and a layer that
// takes what the container writes.
#pragma once

#include "../containers.h"
#include "../record.h"

// Mounts it where the container has it.  NULL when done, else what failed.
const char *rootfs_mount(const struct process *process, const struct container *container);
// Takes it out of the guest's own directories; a container that has entered it keeps it.
void rootfs_unmount(const struct container *container);
// Mounts the share with this tag; 0, or -1 with errno set.
int rootfs_mount_share(const char *tag, const char *target);
// Waits for a disk, which is there a moment after its kernel; -1 when it does not come.
int rootfs_wait_for_disk(const char *device);
