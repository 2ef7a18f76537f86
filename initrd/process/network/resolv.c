#define _GNU_SOURCE
#include "resolv.h"
#include "../array.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static const char file[] = "/runx/resolv.conf", parts[] = "/run/resolv";
static const char destination[] = "/etc/resolv.conf";

// The file stays the one that the container has mounted, and is never seen empty.
static int write_in_place(int fd, const char *text, size_t length) {
    for (size_t done = 0; done < length;) {
        ssize_t n = pwrite(fd, text + done, length - done, (off_t)done);
        if (n < 0) return -errno;
        done += (size_t)n;
    }
    return ftruncate(fd, (off_t)length) < 0 ? -errno : 0;
}

static int write_part(int directory, const char *name, const char *text, size_t length) {
    int fd = openat(directory, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0) return -errno;
    int rc = write_in_place(fd, text, length);
    close(fd);
    return rc;
}

// Adds a part's content to the text.
static int add_part(int directory, const char *name, FILE *text) {
    char bytes[4096];
    ssize_t n;
    int fd = openat(directory, name, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return -errno;
    while ((n = read(fd, bytes, sizeof bytes)) > 0) fwrite(bytes, 1, (size_t)n, text);
    int rc = n < 0 ? -errno : 0;
    close(fd);
    return rc;
}

static int is_part(const struct dirent *entry) {
    return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

// What all parts say, in the order of their names.
static int join(int directory, FILE *text) {
    struct dirent **entries;
    int rc = 0, count = scandir(parts, &entries, is_part, alphasort);
    if (count < 0) return -errno;
    for (int i = 0; i < count; i++) {
        if (rc == 0) rc = add_part(directory, entries[i]->d_name, text);
        free(entries[i]);
    }
    free(entries);
    return rc;
}

static int write_file(int directory) {
    char *text = NULL;
    size_t length = 0;
    FILE *stream = open_memstream(&text, &length);
    if (!stream) return -errno;
    int rc = join(directory, stream);
    if (fclose(stream) != 0 && rc == 0) rc = -errno;
    if (rc == 0) rc = write_part(AT_FDCWD, file, text, length);
    free(text);
    return rc;
}

int resolv_write(const char *part, const char *text, size_t length) {
    if (mkdir(parts, 0755) < 0 && errno != EEXIST) return -errno;
    int directory = open(parts, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0) return -errno;
    int rc = flock(directory, LOCK_EX) < 0 ? -errno : 0; // two leases may come at once
    if (rc == 0) rc = write_part(directory, part, text, length);
    if (rc == 0) rc = write_file(directory);
    close(directory);
    return rc;
}

// Whether a path is this one, which has no "." or ".." and no slash to spare.
static bool is_path(const char *path, const char *normal) {
    char names[PATH_MAX], *rest;
    size_t length = 0;
    char result[PATH_MAX] = "";
    if (strlen(path) >= sizeof names) return false;
    strcpy(names, path);
    for (char *name = strtok_r(names, "/", &rest); name; name = strtok_r(NULL, "/", &rest)) {
        if (!strcmp(name, ".")) continue;
        if (!strcmp(name, "..")) {
            char *slash = strrchr(result, '/');
            length = slash ? (size_t)(slash - result) : 0;
            result[length] = '\0';
            continue;
        }
        length += (size_t)snprintf(result + length, sizeof result - length, "/%s", name);
    }
    return !strcmp(result, normal);
}

bool resolv_prepare(struct process *process) {
    for (size_t i = 0; i < process->mount_count; i++)
        if (is_path(process->mounts[i].destination, destination)) return true;
    int fd = open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0) return false;
    close(fd);
    process->mounts = array_append(process->mounts, &process->mount_count, sizeof *process->mounts);
    process->mounts[process->mount_count - 1] = (struct mount_record){.destination = destination,
                                                                      .type = "bind",
                                                                      .source = "bind",
                                                                      .data = "",
                                                                      .bind = file,
                                                                      .late = true,
                                                                      .optional = true};
    return true;
}
