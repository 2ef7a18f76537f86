#define _GNU_SOURCE
#include "vbd.h"
#include "../protocol/retry.h"
#include "../protocol/xenstore.h"
#include "look.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/loop.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

// Makes a loop device of the file, which the kernel takes apart when the last who has
// it open closes it.  The open device, or a negative errno.
static int loop_attach(int file, bool readonly, char *name, size_t size) {
    enum { MAX_TRIES = 64 };
    int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
    if (control < 0) return errno == ENOENT ? -ENXIO : -errno;
    int rc = -EBUSY;
    for (int tries = 0; tries < MAX_TRIES && rc == -EBUSY; tries++) {
        int number = ioctl(control, LOOP_CTL_GET_FREE);
        if (number < 0) {
            rc = -errno;
            break;
        }
        snprintf(name, size, "/dev/loop%d", number);
        int device = open(name, (readonly ? O_RDONLY : O_RDWR) | O_CLOEXEC);
        if (device < 0) {
            rc = -errno;
            break;
        }
        const struct loop_config config = {.fd = (uint32_t)file,
                                           .info.lo_flags = LO_FLAGS_AUTOCLEAR |
                                                            (readonly ? LO_FLAGS_READ_ONLY : 0)};
        rc = ioctl(device, LOOP_CONFIGURE, &config) < 0 ? -errno : device;
        if (rc < 0) close(device); // another was faster, or the file cannot be one
    }
    close(control);
    return rc;
}

static bool can_be_disk(int fd) {
    struct stat info;
    return fstat(fd, &info) == 0 && (S_ISBLK(info.st_mode) || S_ISREG(info.st_mode));
}

// The device of a file: its own, or a loop device.
static int open_device(const char *path, bool readonly, char *name, size_t size) {
    struct stat info;
    int file = look_and_open(path, readonly ? O_RDONLY : O_RDWR, can_be_disk, ENOTBLK);
    if (file < 0 || fstat(file, &info) < 0) return -errno;
    if (S_ISBLK(info.st_mode)) {
        snprintf(name, size, "%s", path);
        return file;
    }
    int device = loop_attach(file, readonly, name, size);
    close(file);
    return device;
}

// Waits until Xen's block backend has the device open too, for it would go with us.
static int wait_for_backend(const char *path) {
    struct retry retry = {.times = 1500, .pause_ms = 10};
    unsigned domid, number;
    const char *kind = strstr(path, "/vbd/");
    char opened[128];
    if (kind == NULL || sscanf(kind, "/vbd/%u/%u", &domid, &number) != 2) return -EINVAL;
    snprintf(opened, sizeof opened, "/sys/bus/xen-backend/devices/vbd-%u-%u/physical_device", domid,
             number);
    do {
        if (access(opened, F_OK) == 0) return 0;
    } while (retry_later(&retry));
    return -ETIMEDOUT;
}

struct node {
    char path[256];
};

static struct node node_of(const char *path, const char *name) {
    struct node node;
    snprintf(node.path, sizeof node.path, "%s/%s", path, name);
    return node;
}

static int write_node(struct xenstore *xs, const char *path, const char *name, const char *value) {
    return xenstore_write(xs, node_of(path, name).path, value);
}

static int connect_device(struct xenstore *xs, const char *path, const char *file, bool readonly) {
    char name[PATH_MAX], number[32];
    struct stat info;
    int device = open_device(file, readonly, name, sizeof name);
    if (device < 0) return device;
    if (fstat(device, &info) < 0) return -errno;
    snprintf(number, sizeof number, "%x:%x", major(info.st_rdev), minor(info.st_rdev));
    int rc = write_node(xs, path, "physical-device-path", name);
    if (rc == 0) rc = write_node(xs, path, "physical-device", number);
    return rc < 0 ? rc : wait_for_backend(path);
}

static const char *describe(int rc) {
    if (rc == -ENXIO) return "/dev/loop-control is missing: is the module loop loaded?";
    if (rc == -ETIMEDOUT)
        return "Xen's block backend did not open it: is the module xen-blkback loaded?";
    return strerror(-rc);
}

int vbd_connect(const char *path) {
    struct xenstore xs;
    char file[PATH_MAX] = "", mode[8], error[PATH_MAX + 128];
    if (path == NULL || strlen(path) > 200) return -EINVAL;
    int rc = xenstore_open(&xs);
    if (rc < 0) return rc;
    rc = xenstore_read(&xs, node_of(path, "params").path, file, sizeof file);
    if (rc >= 0) rc = xenstore_read(&xs, node_of(path, "mode").path, mode, sizeof mode);
    if (rc >= 0) rc = connect_device(&xs, path, file, !strchr(mode, 'w'));
    if (rc == 0) {
        rc = write_node(&xs, path, "hotplug-status", "connected");
    } else {
        // xl prints it.
        snprintf(error, sizeof error, "disk %s: %s", file, describe(rc));
        (void)write_node(&xs, path, "hotplug-error", error);
        (void)write_node(&xs, path, "hotplug-status", "error");
    }
    xenstore_close(&xs);
    return rc;
}
