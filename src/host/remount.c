#define _GNU_SOURCE
#include "remount.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

// mount(2) would also set the flags of this one mount anew.
static int reconfigure(const char *path, const char *flag) {
    int context = (int)syscall(SYS_fspick, AT_FDCWD, path, FSPICK_CLOEXEC);
    if (context < 0 || syscall(SYS_fsconfig, context, FSCONFIG_SET_FLAG, flag, NULL, 0) < 0)
        return -errno;
    return syscall(SYS_fsconfig, context, FSCONFIG_CMD_RECONFIGURE, NULL, NULL, 0) < 0 ? -errno : 0;
}

int remount(const char *path, bool readonly) {
    int rc = reconfigure(path, readonly ? "ro" : "rw");
    if (rc == 0) return 0;
    const char *why = rc == -EBUSY ? "somebody has a file of it open for writing" : strerror(-rc);
    fprintf(stderr, "%s\n", why);
    return 1;
}
