#define _GNU_SOURCE
#include "rootfs.h"
#include "../../../src/protocol/paths.h"
#include "../../../src/protocol/retry.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

// Beside the rootfs, which is the overlay of the image and the layer's upper directory.
struct places {
    char image[48], layer[48], upper[56], work[56];
};

int rootfs_mount_share(const char *tag, const char *target) {
    struct retry retry = {.times = 6000, .pause_ms = 10};
    char options[192];
    int rc;
    snprintf(options, sizeof options, NINEP_OPTIONS, tag);
    // The kernel says EINVAL of a tag that no device has, and Dom0 offers the device meanwhile.
    while ((rc = mount(tag, target, "9p", 0, options)) < 0 && errno == EINVAL &&
           retry_later(&retry)) {
    }
    return rc;
}

int rootfs_wait_for_disk(const char *device) {
    struct retry retry = {.times = 1000, .pause_ms = 10};
    while (access(device, F_OK) < 0 && retry_later(&retry)) {
    }
    return access(device, F_OK);
}

// Extended attributes, access control lists among them, of the image's root.
static void copy_attributes(const struct places *p) {
    static char names[65536], value[65536];
    ssize_t size = llistxattr(p->image, names, sizeof names);
    for (char *name = names; size > 0 && name < names + size; name += strlen(name) + 1) {
        ssize_t length = lgetxattr(p->image, name, value, sizeof value);
        // What the layer's file system does not know is lost for any file that is written.
        if (length >= 0) (void)lsetxattr(p->upper, name, value, (size_t)length, 0);
    }
}

// The root of an overlay has the owner and the mode of its upper directory.
static int make_upper(const struct places *p) {
    struct stat root;
    if (stat(p->image, &root) < 0 || mkdir(p->upper, 0700) < 0 || mkdir(p->work, 0700) < 0)
        return -1;
    if (chown(p->upper, root.st_uid, root.st_gid) < 0) return -1;
    copy_attributes(p);
    if (chmod(p->upper, root.st_mode & 07777) < 0) return -1;
    const struct timespec times[] = {root.st_atim, root.st_mtim};
    return utimensat(AT_FDCWD, p->upper, times, 0);
}

static int mount_image(const char *type, const char *device, const char *target) {
    // Dom0 has it mounted: what is in the journal, if anything, is for Dom0 to replay.
    const char *options = !strcmp(type, "ext4")  ? "noload"
                          : !strcmp(type, "xfs") ? "norecovery"
                                                 : NULL;
    if (rootfs_wait_for_disk(device) < 0) return -1;
    return mount(device, target, type, MS_RDONLY, options);
}

static int mount_layer(const char *layer, const char *target) {
    if (*layer != '/') return mount("layer", target, "tmpfs", 0, layer);
    if (rootfs_wait_for_disk(layer) < 0) return -1;
    // A file of the host that is sparse stays so.
    return mount(layer, target, "ext4", MS_NOATIME, "noinit_itable,discard");
}

static int mount_overlay(const struct places *p, const char *target) {
    char options[320];
    // As far as the file systems can: directories are renamed, and hard links stay one file.
    snprintf(options, sizeof options, "lowerdir=%s,upperdir=%s,workdir=%s,redirect_dir=on,index=on",
             p->image, p->upper, p->work);
    return mount("overlay", target, "overlay", 0, options);
}

static struct places places_of(const struct container *container) {
    struct places p;
    snprintf(p.image, sizeof p.image, "%s/image", container->directory);
    snprintf(p.layer, sizeof p.layer, "%s/layer", container->directory);
    snprintf(p.upper, sizeof p.upper, "%s/upper", p.layer);
    snprintf(p.work, sizeof p.work, "%s/work", p.layer);
    return p;
}

static const char *mount_disks(const struct process *process, const struct container *container) {
    const struct places p = places_of(container);
    if (mkdir(p.image, 0700) < 0 || mkdir(p.layer, 0700) < 0) return "making directories";
    if (mount_image(process->rootfs_type, process->rootfs_source, p.image) < 0)
        return process->rootfs_type;
    if (mount_layer(process->rootfs_layer, p.layer) < 0) return "writable layer";
    if (make_upper(&p) < 0) return "preparing the writable layer";
    return mount_overlay(&p, container->rootfs) < 0 ? "overlay" : NULL;
}

const char *rootfs_mount(const struct process *process, const struct container *container) {
    static char error[160];
    if (!process->rootfs_type || !process->rootfs_source) return "the record names no rootfs";
    if (!strcmp(process->rootfs_type, "9p")) {
        if (rootfs_mount_share(process->rootfs_source, container->rootfs) == 0) return NULL;
        snprintf(error, sizeof error, "mounting the rootfs by 9p: %s", strerror(errno));
        return error;
    }
    if (!process->rootfs_layer) return "the record names no layer of the rootfs";
    const char *failed = mount_disks(process, container);
    if (!failed) return NULL;
    snprintf(error, sizeof error, "mounting the rootfs by disk: %.64s: %s", failed,
             strerror(errno));
    return error;
}

void rootfs_unmount(const struct container *container) {
    const struct places p = places_of(container);
    umount2(container->rootfs, MNT_DETACH);
    umount2(p.layer, MNT_DETACH);
    umount2(p.image, MNT_DETACH);
}
