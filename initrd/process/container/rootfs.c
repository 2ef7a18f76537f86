#define _GNU_SOURCE
#include "rootfs.h"
#include "../clock.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define IMAGE_DEVICE "/dev/xvda"
#define IMAGE "/runx/image"
#define LAYER "/runx/layer"
#define UPPER LAYER "/upper"
#define WORK LAYER "/work"

// As far as the file systems can: directories are renamed, and hard links stay one file.
#define OVERLAY_OPTIONS                                                                            \
    "lowerdir=" IMAGE ",upperdir=" UPPER ",workdir=" WORK ",redirect_dir=on,index=on"

int disk_wait(const char *device) {
    enum { TRIES = 1000, PAUSE_MS = 10 };
    for (int tries = 0; tries < TRIES && access(device, F_OK) < 0; tries++) pause_ms(PAUSE_MS);
    return access(device, F_OK);
}

// Extended attributes, access control lists among them, of the image's root.
static void copy_attributes(void) {
    static char names[65536], value[65536];
    ssize_t size = llistxattr(IMAGE, names, sizeof names);
    for (char *name = names; size > 0 && name < names + size; name += strlen(name) + 1) {
        ssize_t length = lgetxattr(IMAGE, name, value, sizeof value);
        // What the layer's file system does not know is lost for any file that is written.
        if (length >= 0) (void)lsetxattr(UPPER, name, value, (size_t)length, 0);
    }
}

// The root of an overlay has the owner and the mode of its upper directory.
static int make_upper(void) {
    struct stat root;
    if (stat(IMAGE, &root) < 0 || mkdir(UPPER, 0700) < 0 || mkdir(WORK, 0700) < 0) return -1;
    if (chown(UPPER, root.st_uid, root.st_gid) < 0) return -1;
    copy_attributes();
    if (chmod(UPPER, root.st_mode & 07777) < 0) return -1;
    const struct timespec times[] = {root.st_atim, root.st_mtim};
    return utimensat(AT_FDCWD, UPPER, times, 0);
}

static int mount_layer(const char *layer) {
    if (*layer != '/') return mount("layer", LAYER, "tmpfs", 0, layer);
    if (disk_wait(layer) < 0) return -1;
    // A file of the host that is sparse stays so.
    return mount(layer, LAYER, "ext4", MS_NOATIME, "noinit_itable,discard");
}

const char *disk_mount(const char *type, const char *layer) {
    // Dom0 has it mounted: what is in the journal, if anything, is for Dom0 to replay.
    const char *options = !strcmp(type, "ext4")  ? "noload"
                          : !strcmp(type, "xfs") ? "norecovery"
                                                 : NULL;
    if (mkdir(IMAGE, 0700) < 0 || mkdir(LAYER, 0700) < 0) return "making " IMAGE;
    if (disk_wait(IMAGE_DEVICE) < 0 || mount(IMAGE_DEVICE, IMAGE, type, MS_RDONLY, options) < 0)
        return type;
    if (mount_layer(layer) < 0) return "writable layer";
    if (make_upper() < 0) return "preparing the writable layer";
    return mount("overlay", "/rootfs", "overlay", 0, OVERLAY_OPTIONS) < 0 ? "overlay" : NULL;
}
