// What the helper knows of the container's process, read from /runx/process: a
// sequence of NUL-terminated records "KEY VALUE", written by src/guest/record.ts.
#pragma once

#include "container/hooks.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

struct mount_record {
    const char *destination, *type, *source, *data;
    const char *bind; // in the ramdisk: what is bound; NULL for a file system
    bool optional;    // where the mount point is missing and cannot be made, there is no mount
    bool copy_up;     // what the destination holds is copied into the file system
    bool disk;        // the source is a disk of the domain
    unsigned long flags, propagation;
};

struct device_record {
    const char *path;
    mode_t mode; // type bits included
    unsigned major, minor;
    uid_t uid;
    gid_t gid;
};

struct process {
    char **args, **env;        // NULL-terminated
    unsigned namespaces;       // CLONE_NEW*, of those the container has for itself
    char **uid_map, **gid_map; // of its user namespace: "INSIDE OUTSIDE SIZE"; NULL-terminated
    const char *cwd, *hostname, *domainname, *oom_score_adj;
    // For scheduling.c, NULL for what is as it is.
    const char *personality, *io_priority, *scheduler;
    bool terminal, no_new_privileges, readonly_rootfs;
    uid_t uid;
    gid_t gid;
    int umask; // -1: as it is
    gid_t *groups;
    size_t group_count;
    struct rlimit_record {
        int resource;
        struct rlimit limit;
    } * rlimits;
    size_t rlimit_count;
    const char *seccomp;    // the filter, as seccomp_install() takes it; NULL: none
    unsigned seccomp_flags; // of seccomp(2)
    // Capability sets as bit masks.
    uint64_t bounding, effective, permitted, inheritable, ambient;
    struct mount_record *mounts;
    size_t mount_count;
    unsigned long rootfs_propagation; // as for mount(2), 0 for as it is
    struct device_record *devices;
    size_t device_count;
    struct hooks hooks;
    char **masked_paths, **readonly_paths, **sysctls; // NULL-terminated; sysctl: "key=value"
    char **shares; // tags of what Dom0 shares beside the rootfs; NULL-terminated
};

// Reads the file into memory and fills `process`, whose strings point into it.
// NULL when all is well, else what is wrong.
const char *process_load(struct process *process, const char *file);
// The same from memory, which must have room for a NUL behind it.
const char *process_parse(struct process *process, char *text, size_t size);

// Whether a record's key, `length` bytes long, is `key`.
bool key_is(const char *record, size_t length, const char *key);
// Grows an array by one zeroed element, with room for a terminating NULL.
void *append(void *array, size_t *count, size_t size);
void append_string(char ***list, size_t *count, char *value);
