// The rootfs from disks: a file system that is only read, and a layer that takes what the
// container writes.
#pragma once

// Mounts both, and on /rootfs the overlay of the two.  `type` is that of the file system;
// `layer` is a device with ext4, or options of a tmpfs.  NULL when done, else what failed.
const char *disk_mount(const char *type, const char *layer);
// Waits for a disk, which is there a moment after its kernel; -1 when it does not come.
int disk_wait(const char *device);
