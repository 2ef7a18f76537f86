#define _GNU_SOURCE
#include "sysctls.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int directory = -1;

const char *sysctls_open(void) {
    directory = open("/proc/sys", O_PATH | O_DIRECTORY | O_CLOEXEC);
    return directory < 0 ? "/proc/sys" : NULL;
}

static int write_value(const char *path, const char *value) {
    int fd = openat(directory, path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) return -1;
    const ssize_t written = write(fd, value, strlen(value));
    return close(fd) < 0 || written < 0 ? -1 : 0;
}

static const char *apply(const char *sysctl) {
    static char error[PATH_MAX + 32];
    char path[PATH_MAX];
    const char *value = strchr(sysctl, '=');
    if (!value) return "reading a sysctl";
    const char *key = sysctl + strspn(sysctl, "/"); // an absolute path would leave the directory
    snprintf(path, sizeof path, "%.*s", (int)(value - key), key);
    // net/ipv4/conf/eth0.1/... keeps its dots: only a name with no slash is dotted.
    if (!strchr(path, '/'))
        for (char *c = path; *c; c++)
            if (*c == '.') *c = '/';
    snprintf(error, sizeof error, "setting the sysctl %s", sysctl);
    return write_value(path, value + 1) < 0 ? error : NULL;
}

const char *sysctls_apply(const struct process *process) {
    for (char **sysctl = process->sysctls; *sysctl; sysctl++) {
        const char *failed = apply(*sysctl);
        if (failed) return failed;
    }
    return NULL;
}
