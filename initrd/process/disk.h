// The rootfs from disks: an image, which is only read, and a layer that takes what the
// container writes.
#pragma once

// Mounts both, and on /rootfs the overlay of the two.  `layer` is a device with ext4, or
// options of a tmpfs.  NULL when done, else what failed.
const char *disk_mount(const char *layer);
