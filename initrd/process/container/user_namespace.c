#define _GNU_SOURCE
#include "user_namespace.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int own_directory = -1; // of this process in the ramdisk's /proc

const char *user_namespace_prepare(const struct process *process) {
    if (!(process->namespaces & CLONE_NEWUSER)) return NULL;
    own_directory = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);
    return own_directory < 0 ? "finding the process's id maps" : NULL;
}

// The kernel takes a map in one write alone.
static int write_map(const char *file, const struct id_map *maps, size_t count) {
    char text[4096];
    size_t length = 0;
    for (size_t i = 0; i < count; i++) {
        int size = snprintf(text + length, sizeof text - length, "%u %u %u\n", maps[i].inside,
                            maps[i].outside, maps[i].size);
        if (size < 0 || (size_t)size >= sizeof text - length) return -1;
        length += (size_t)size;
    }
    int fd = openat(own_directory, file, O_WRONLY | O_CLOEXEC);
    return fd >= 0 && write(fd, text, length) == (ssize_t)length ? 0 : -1;
}

const char *user_namespace_enter(const struct process *process) {
    int entered[2], status;
    if (!(process->namespaces & CLONE_NEWUSER)) return NULL;
    if (pipe2(entered, O_CLOEXEC) < 0) return "pipe";
    // Who is inside may not write the maps, so a child stays outside for that.
    pid_t writer = fork();
    if (writer == 0) {
        char byte;
        close(entered[1]);
        bool go = read(entered[0], &byte, 1) == 1;
        _exit(!go || write_map("gid_map", process->gid_maps, process->gid_map_count) < 0 ||
              write_map("uid_map", process->uid_maps, process->uid_map_count) < 0);
    }
    if (writer < 0 || unshare(CLONE_NEWUSER) < 0 || write(entered[1], "", 1) != 1)
        return "creating the user namespace";
    close(entered[0]);
    close(entered[1]);
    while (waitpid(writer, &status, 0) < 0)
        if (errno != EINTR) return "waitpid";
    if (status == 0) return NULL;
    errno = EINVAL;
    return "writing the id maps of the user namespace";
}

uid_t user_namespace_uid(const struct process *process, uid_t uid) {
    if (!(process->namespaces & CLONE_NEWUSER)) return uid;
    for (size_t i = 0; i < process->uid_map_count; i++) {
        const struct id_map *map = &process->uid_maps[i];
        if (uid >= map->inside && uid - map->inside < map->size)
            return map->outside + (uid - map->inside);
    }
    return uid;
}
