// Where a mount goes, in a rootfs that is the root directory already, so that its
// links lead nowhere else.  All return 0, or -1 with errno set.
#pragma once

#include <stdbool.h>

// Makes the directory, or the empty file, with its parents, unless it is there; what a
// link names that leads to nothing is made in its stead.
int mount_point_make(const char *path, bool directory);
// Makes what has been mounted on the root directory the root directory; does nothing
// after any other mount.
int mount_point_enter(const char *path);
