// The hotplug script of vifs.
#pragma once

// Tells Xen's network backend that the vif whose backend node in xenstore is `path` is set
// up: the wiring follows before the domain runs.  0 or a negative errno.
int vif_connect(const char *path);
