// The hotplug script of disks.
#pragma once

// Connects the disk whose backend node in xenstore is `path`, to a loop device if it is a
// file.  A loop device lives as long as Xen's block backend has it open, whoever is killed.
// What failed is in the node hotplug-error too, which xl prints.  0 or a negative errno.
int vbd_connect(const char *path);
