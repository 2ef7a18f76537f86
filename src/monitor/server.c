#define _GNU_SOURCE
#include "server.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/mount.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

// A directory of the container's state, made by nobody else.
static const char root[] = "share";

// What the server's program is loaded from.
static const char *const libraries[] = {"/usr/lib", "/usr/lib64", "/usr/sbin", "/lib", "/lib64"};

static int bind(const char *source, const char *target, unsigned long flags) {
    if (mount(source, target, NULL, MS_BIND, NULL) < 0) return -1;
    return mount(NULL, target, NULL, MS_REMOUNT | MS_BIND | MS_NOSUID | flags, NULL);
}

// A guest that swaps directories for links while the server walks could lead it
// anywhere, so there is nothing anywhere: a root of libraries and the export.
static int enter_root(const struct share *share) {
    char target[64];
    if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0) return -1;
    if (mkdir(root, 0700) < 0 && errno != EEXIST) return -1;
    if (mount("tmpfs", root, "tmpfs", MS_NOSUID | MS_NODEV, "size=64k,mode=755") < 0) return -1;
    snprintf(target, sizeof target, "%s/usr", root);
    if (mkdir(target, 0755) < 0) return -1;
    for (size_t i = 0; i < sizeof libraries / sizeof *libraries; i++) {
        char link[64];
        struct stat info;
        if (lstat(libraries[i], &info) < 0) continue;
        snprintf(target, sizeof target, "%s%s", root, libraries[i]);
        ssize_t length = readlink(libraries[i], link, sizeof link - 1);
        if (length > 0) {
            link[length] = '\0';
            if (symlink(link, target) < 0) return -1;
        } else if (mkdir(target, 0755) < 0 ||
                   bind(libraries[i], target, MS_RDONLY | MS_NODEV) < 0) {
            return -1;
        }
    }
    snprintf(target, sizeof target, "%s%s", root, SHARE_EXPORT);
    if (mkdir(target, 0755) < 0 ||
        mount(share->directory, target, NULL, MS_BIND | MS_REC, NULL) < 0)
        return -1;
    // The guest may make device nodes, for its own kernel to open, never for this one.
    struct mount_attr attributes = {.attr_set = MOUNT_ATTR_NODEV | MOUNT_ATTR_NOSUID};
    if (syscall(SYS_mount_setattr, AT_FDCWD, target, AT_RECURSIVE, &attributes, sizeof attributes) <
        0)
        return -1;
    if (chdir(root) < 0 || syscall(SYS_pivot_root, ".", ".") < 0 || umount2(".", MNT_DETACH) < 0)
        return -1;
    // diod takes "..", so what holds the export must not be the guest's to write either.
    if (mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV, NULL) < 0)
        return -1;
    return chdir("/");
}

// What serving other users' files takes, and no more.
static int drop_capabilities(void) {
    const unsigned kept[] = {CAP_CHOWN,  CAP_DAC_OVERRIDE, CAP_FOWNER, CAP_FSETID,
                             CAP_SETUID, CAP_SETGID,       CAP_MKNOD,  CAP_SETFCAP};
    for (unsigned capability = 0; capability < 64; capability++) {
        bool keep = false;
        for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) keep |= kept[i] == capability;
        if (!keep && prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0 && errno != EINVAL) return -1;
    }
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

_Noreturn void server_exec(const struct share *share, int connection) {
    char number[12], program[256];
    struct rlimit files;
    // Every file that the guest holds open is a descriptor of the server.
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    // diod raises these and gives up if it may not, and later it may not; a guest must
    // not make it grow for ever.
    const struct rlimit unlimited = {RLIM_INFINITY, RLIM_INFINITY}, memory = {512 << 20, 512 << 20};
    const int raised[] = {RLIMIT_FSIZE, RLIMIT_LOCKS, RLIMIT_CORE, RLIMIT_AS};
    for (size_t i = 0; i < sizeof raised / sizeof *raised; i++) setrlimit(raised[i], &unlimited);
    setrlimit(RLIMIT_DATA, &memory);
    umask(0);
    snprintf(program, sizeof program, "%s", share->diod);
    fcntl(connection, F_SETFD, 0);
    snprintf(number, sizeof number, "%d", connection);
    if (enter_root(share) == 0 && drop_capabilities() == 0)
        execle(program, "diod", "-f", "-n", "-N", "-L", "stderr", "-r", number, "-w", number, "-e",
               SHARE_EXPORT, (char *)NULL, (char *[]){NULL});
    _exit(127);
}
