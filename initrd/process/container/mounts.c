#define _GNU_SOURCE
#include "mounts.h"
#include "binds.h"
#include "copy.h"
#include "mount_point.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

const char *mounts_enter_rootfs(const char *rootfs) {
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) return "making mounts private";
    // pivot_root(2) refuses to leave a ramdisk, so the rootfs is moved over it.
    if (chdir(rootfs) < 0 || mount(".", "/", NULL, MS_MOVE, NULL) < 0 || chroot(".") < 0 ||
        chdir("/") < 0)
        return "entering the rootfs";
    return NULL;
}

// As runc: a tmpfs has the mode of the directory that it covers, unless an option says otherwise.
static int mount_tmpfs(const struct mount_record *m) {
    char data[PATH_MAX], mode[16] = "";
    struct stat info;
    if (stat(m->destination, &info) == 0)
        snprintf(mode, sizeof mode, "mode=%o%s", info.st_mode & 07777, *m->data ? "," : "");
    if (mount_point_make(m->destination, true) < 0) return -1;
    if (snprintf(data, sizeof data, "%s%s", mode, m->data) >= (int)sizeof data) {
        errno = ENAMETOOLONG;
        return -1;
    }
    int below = open(m->destination, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    // Read-only comes last: other mounts may need mount points in it.
    if (below < 0 ||
        mount(m->source, m->destination, m->type, m->flags & ~(unsigned long)MS_RDONLY, data) < 0)
        return -1;
    if (!m->copy_up) return close(below);
    return copy_content(below, open(m->destination, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

static int mount_file_system(const struct mount_record *m) {
    int rc = -1;
    if (!strcmp(m->type, "tmpfs"))
        rc = mount_tmpfs(m);
    else if (mount_point_make(m->destination, true) == 0)
        rc = mount(m->source, m->destination, m->type, m->flags, m->data);
    return rc < 0 ? -1 : mount_point_enter(m->destination);
}

const char *mounts_apply(const struct process *process) {
    static char error[PATH_MAX + 32];
    for (size_t i = 0; i < process->mount_count; i++) {
        const struct mount_record *m = &process->mounts[i];
        if (m->late) {
            (void)mount_point_make(m->destination, false); // while the rootfs can be written
            continue;
        }
        snprintf(error, sizeof error, "mounting %s on %s", m->type, m->destination);
        const char *failed = NULL;
        if (m->bind || m->disk)
            failed = binds_attach(process, i);
        else if (mount_file_system(m) < 0)
            failed = error;
        if (failed) return failed;
        if (m->propagation && mount(NULL, m->destination, NULL, m->propagation, NULL) < 0)
            return error;
    }
    if (process->rootfs_propagation &&
        mount(NULL, "/", NULL, process->rootfs_propagation, NULL) < 0)
        return "setting the propagation of the rootfs";
    return NULL;
}

const char *mounts_apply_late(const struct process *process) {
    for (size_t i = 0; i < process->mount_count; i++) {
        const char *failed = process->mounts[i].late ? binds_attach(process, i) : NULL;
        if (failed) return failed;
    }
    return NULL;
}

static int make_device(const struct device_record *device) {
    char parent[PATH_MAX];
    snprintf(parent, sizeof parent, "%s", device->path);
    char *slash = strrchr(parent, '/');
    if (slash && slash != parent) {
        *slash = '\0';
        if (mount_point_make(parent, true) < 0) return -1;
    }
    dev_t number = makedev(device->major, device->minor);
    if (mknod(device->path, device->mode, number) < 0) {
        struct stat info;
        if (errno != EEXIST || lstat(device->path, &info) < 0) return -1;
        if ((info.st_mode ^ device->mode) & S_IFMT || info.st_rdev != number) {
            errno = EEXIST;
            return -1;
        }
    }
    if (lchown(device->path, device->uid, device->gid) < 0) return -1;
    return chmod(device->path, device->mode & 07777);
}

// A /dev that is bound is somebody's, and complete.
static bool has_bound_dev(const struct process *process) {
    for (size_t i = 0; i < process->mount_count; i++)
        if (process->mounts[i].bind && !strcmp(process->mounts[i].destination, "/dev")) return true;
    return false;
}

const char *mounts_make_devices(const struct process *process) {
    static char error[PATH_MAX + 32];
    if (has_bound_dev(process)) return NULL;
    static const char *const links[][2] = {{"/proc/self/fd", "/dev/fd"},
                                           {"/proc/self/fd/0", "/dev/stdin"},
                                           {"/proc/self/fd/1", "/dev/stdout"},
                                           {"/proc/self/fd/2", "/dev/stderr"},
                                           {"pts/ptmx", "/dev/ptmx"}};
    for (size_t i = 0; i < process->device_count; i++)
        if (make_device(&process->devices[i]) < 0) {
            snprintf(error, sizeof error, "making the device %s", process->devices[i].path);
            return error;
        }
    for (size_t i = 0; i < sizeof links / sizeof *links; i++)
        if (symlink(links[i][0], links[i][1]) < 0 && errno != EEXIST) return "making links in /dev";
    return NULL;
}

static int mask_path(const char *path) {
    struct stat info;
    if (stat(path, &info) < 0) return errno == ENOENT ? 0 : -1;
    if (S_ISDIR(info.st_mode)) return mount("tmpfs", path, "tmpfs", MS_RDONLY, "size=0");
    return mount("/dev/null", path, NULL, MS_BIND, NULL);
}

static int remount_readonly(const char *path) {
    struct statvfs info;
    if (statvfs(path, &info) < 0) return -1;
    unsigned long kept = info.f_flag & (ST_NOSUID | ST_NODEV | ST_NOEXEC);
    return mount(NULL, path, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | kept, NULL);
}

static int readonly_path(const char *path) {
    if (mount(path, path, NULL, MS_BIND | MS_REC, NULL) < 0) return errno == ENOENT ? 0 : -1;
    return remount_readonly(path);
}

const char *mounts_protect(const struct process *process) {
    static char error[PATH_MAX + 32];
    for (char **path = process->readonly_paths; *path; path++)
        if (readonly_path(*path) < 0) {
            snprintf(error, sizeof error, "making %s read-only", *path);
            return error;
        }
    for (char **path = process->masked_paths; *path; path++)
        if (mask_path(*path) < 0) {
            snprintf(error, sizeof error, "masking %s", *path);
            return error;
        }
    for (size_t i = 0; i < process->mount_count; i++) {
        const struct mount_record *m = &process->mounts[i];
        if (m->bind || strcmp(m->type, "tmpfs") || !(m->flags & MS_RDONLY)) continue;
        snprintf(error, sizeof error, "making %s read-only", m->destination);
        if (mount(NULL, m->destination, NULL, MS_REMOUNT | MS_BIND | m->flags, NULL) < 0)
            return error;
    }
    if (process->readonly_rootfs &&
        mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL) < 0)
        return "making the rootfs read-only";
    return NULL;
}
