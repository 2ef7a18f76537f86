#define _GNU_SOURCE
#include "mount_point.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// Parents and links on the way to a mount point, which links in a circle never end.
enum { MAX_STEPS = 255, MODE = 0755 };

static int make(const char *path, bool directory, int steps) {
    char parent[PATH_MAX], link[PATH_MAX], target[PATH_MAX];
    struct stat info;
    if (stat(path, &info) == 0) return 0;
    if (errno != ENOENT) return -1;
    if (steps == MAX_STEPS) {
        errno = ELOOP;
        return -1;
    }
    size_t length = strlen(path);
    while (length > 1 && path[length - 1] == '/') length--;
    if (length >= sizeof parent) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(parent, path, length);
    parent[length] = '\0';
    ssize_t size = readlink(parent, link, sizeof link - 1);
    char *slash = strrchr(parent, '/');
    slash[slash == parent] = '\0';
    if (size > 0) {
        link[size] = '\0';
        if (snprintf(target, sizeof target, "%s/%s", *link == '/' ? "" : parent, link) >=
            (int)sizeof target) {
            errno = ENAMETOOLONG;
            return -1;
        }
        return make(target, directory, steps + 1);
    }
    if (make(parent, true, steps + 1) < 0) return -1;
    if (directory) return mkdir(path, MODE) < 0 && errno != EEXIST ? -1 : 0;
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, MODE);
    return fd < 0 ? -1 : close(fd);
}

int mount_point_make(const char *path, bool directory) {
    return make(path, directory, 0);
}

int mount_point_enter(const char *path) {
    if (path[strspn(path, "/.")] != '\0') return 0;
    // ".." at the root follows the mounts on it, where "/" does not.
    return chdir("/..") < 0 || chroot(".") < 0 ? -1 : 0;
}
