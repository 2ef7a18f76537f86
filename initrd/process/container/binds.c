#define _GNU_SOURCE
#include "binds.h"
#include "../../../src/protocol/paths.h"
#include "mount_point.h"
#include "rootfs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/mount.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define DISK "/runx/disk"

static int *trees; // a detached copy of each mount's source

static int for_each_share(char **tags, int (*act)(const char *tag, const char *directory)) {
    for (; *tags; tags++) {
        char directory[64];
        snprintf(directory, sizeof directory, SHARES "/%s", *tags);
        if (act(*tags, directory) < 0) return -1;
    }
    return 0;
}

static int mount_share(const char *tag, const char *directory) {
    return mkdir(directory, 0700) < 0 ? -1 : rootfs_mount_share(tag, directory);
}

// The copies keep it alive, and nothing else has to.
static int leave_share(const char *tag, const char *directory) {
    (void)tag;
    return umount2(directory, MNT_DETACH);
}

// From here, because the rootfs need not have a device for it.
static int open_disk(const struct mount_record *m) {
    if ((mkdir(DISK, 0700) < 0 && errno != EEXIST) || rootfs_wait_for_disk(m->source) < 0)
        return -1;
    if (mount(m->source, DISK, m->type, m->flags, m->data) < 0) return -1;
    int tree = (int)syscall(SYS_open_tree, AT_FDCWD, DISK, OPEN_TREE_CLONE | (unsigned)O_CLOEXEC);
    return tree < 0 || umount2(DISK, MNT_DETACH) < 0 ? -1 : tree;
}

const char *binds_open(const struct process *process) {
    static char error[PATH_MAX + 32];
    if (mkdir(SHARES, 0700) < 0 && errno != EEXIST) return "making " SHARES;
    if (for_each_share(process->shares, mount_share) < 0) return "mounting what Dom0 shares by 9p";
    trees = calloc(process->mount_count + 1, sizeof *trees);
    if (!trees) return "bind mounts";
    for (size_t i = 0; i < process->mount_count; i++) {
        const struct mount_record *m = &process->mounts[i];
        if (m->disk && (trees[i] = open_disk(m)) < 0) {
            snprintf(error, sizeof error, "mounting %s on %s", m->type, m->destination);
            return error;
        }
        if (!m->bind) continue;
        trees[i] =
            (int)syscall(SYS_open_tree, AT_FDCWD, m->bind, OPEN_TREE_CLONE | (unsigned)O_CLOEXEC);
        if (trees[i] < 0) {
            snprintf(error, sizeof error, "opening the source of the bind mount %s",
                     m->destination);
            return error;
        }
    }
    return for_each_share(process->shares, leave_share) < 0 ? "leaving the shares" : NULL;
}

const char *binds_attach(const struct process *process, size_t index) {
    static char error[PATH_MAX + 32];
    const struct mount_record *m = &process->mounts[index];
    struct stat info;
    snprintf(error, sizeof error, "%s on %s", m->bind ? "bind mount" : m->type, m->destination);
    if (fstat(trees[index], &info) < 0) return error;
    if (mount_point_make(m->destination, S_ISDIR(info.st_mode)) < 0)
        return m->optional ? NULL : error;
    if (syscall(SYS_move_mount, trees[index], "", AT_FDCWD, m->destination,
                MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_SYMLINKS) < 0)
        return error;
    close(trees[index]);
    if (mount_point_enter(m->destination) < 0) return error;
    if (m->flags && mount(NULL, m->destination, NULL, MS_REMOUNT | MS_BIND | m->flags, NULL) < 0)
        return error;
    return NULL;
}
