#define _GNU_SOURCE
#include "copy.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

static int copy_link(int from, int to, const char *name) {
    char target[PATH_MAX];
    ssize_t length = readlinkat(from, name, target, sizeof target - 1);
    if (length < 0) return -1;
    target[length] = '\0';
    return symlinkat(target, to, name);
}

static int copy_file(int from, int to, const char *name) {
    int in = openat(from, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    int out = openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    ssize_t n = in < 0 || out < 0 ? -1 : 1;
    while (n > 0) n = sendfile(out, in, NULL, 1 << 20);
    int error = errno;
    if (in >= 0) close(in);
    if (out >= 0) close(out);
    errno = error;
    return (int)n;
}

static int copy_directory(int from, int to, const char *name) {
    if (mkdirat(to, name, 0700) < 0) return -1;
    return copy_content(openat(from, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC),
                        openat(to, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

static int copy_entry(int from, int to, const char *name) {
    struct stat info;
    int rc;
    if (fstatat(from, name, &info, AT_SYMLINK_NOFOLLOW) < 0) return -1;
    if (S_ISDIR(info.st_mode))
        rc = copy_directory(from, to, name);
    else if (S_ISLNK(info.st_mode))
        rc = copy_link(from, to, name);
    else if (S_ISREG(info.st_mode))
        rc = copy_file(from, to, name);
    else
        rc = mknodat(to, name, info.st_mode, info.st_rdev);
    const struct timespec times[2] = {info.st_atim, info.st_mtim};
    if (rc < 0 || fchownat(to, name, info.st_uid, info.st_gid, AT_SYMLINK_NOFOLLOW) < 0) return -1;
    // After the owner, whose change takes set-user-ID bits away.
    if (!S_ISLNK(info.st_mode) && fchmodat(to, name, info.st_mode & 07777, 0) < 0) return -1;
    return utimensat(to, name, times, AT_SYMLINK_NOFOLLOW);
}

int copy_content(int from, int to) {
    DIR *directory = from < 0 || to < 0 ? NULL : fdopendir(from);
    int rc = directory ? 0 : -1;
    while (rc == 0) {
        errno = 0;
        const struct dirent *entry = readdir(directory);
        if (!entry) {
            rc = errno ? -1 : 0;
            break;
        }
        if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
            rc = copy_entry(from, to, entry->d_name);
    }
    int error = errno;
    if (directory)
        closedir(directory);
    else if (from >= 0)
        close(from);
    if (to >= 0) close(to);
    errno = error;
    return rc;
}
