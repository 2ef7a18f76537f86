// The record of a container or of a process that is added to one: a sequence of NUL-terminated
// "KEY VALUE", which src/guest/record.ts has rendered.  src/protocol/README.md names the keys,
// the tables in record.c say which member each fills.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

struct mount_record {
    const char *destination, *type, *source, *data;
    const char *bind; // in the ramdisk: what is bound; NULL for a file system
    bool late;        // mounted once the container is started
    bool optional;    // where the mount point is missing and cannot be made, there is no mount
    bool copy_up;     // what the destination holds is copied into the file system
    bool disk;        // the source is a disk of the domain
    unsigned long flags, propagation;
};

struct device_record {
    mode_t mode; // type bits included
    unsigned major, minor;
    uid_t uid;
    gid_t gid;
    const char *path;
};

struct rlimit_record {
    int resource;
    rlim_t soft, hard;
};

// A range of ids: in the user namespace from `inside` on, in the guest from `outside` on.
struct id_map {
    unsigned inside, outside, size;
};

// As for sched_setattr(2).
struct scheduler_record {
    unsigned policy;
    uint64_t flags;
    int nice;
    unsigned priority;
    uint64_t runtime, deadline, period;
};

struct hook {
    const char *path;
    char **args, **env; // NULL-terminated
    size_t arg_count, env_count;
    long timeout_seconds; // 0: as long as it takes
};

struct hooks {
    const char *state; // for each hook's standard input
    struct hook *list;
    size_t count;
};

// Whose end is that of the domain.
enum owner { OWNER_CONTAINER, OWNER_POD, OWNER_POOL };

// A list of strings ends with NULL.
struct process {
    enum owner owner; // of a container that the domain boots with
    unsigned slot;    // of a process that is added: that of the container which it joins
    char **args, **env;
    size_t arg_count, env_count;
    unsigned namespaces; // CLONE_NEW*, of those the container has for itself
    struct id_map *uid_maps, *gid_maps;
    size_t uid_map_count, gid_map_count;
    // How the rootfs comes: a share's tag or a device, of this type; and, with a device, another
    // one with a file system or the options of a tmpfs.
    const char *rootfs_type, *rootfs_source, *rootfs_layer;
    const char *cwd, *hostname, *domainname;
    int oom_score_adj;
    unsigned personality;               // 0xffffffff: as it is, and so to personality(2)
    int io_priority;                    // as for ioprio_set(2); -1: as it is
    struct scheduler_record *scheduler; // NULL: as it is
    size_t scheduler_count;
    bool terminal, no_new_privileges, readonly_rootfs;
    bool resolv_conf; // its networks may bring name servers
    uid_t uid;
    gid_t gid;
    int umask; // -1: as it is
    gid_t *groups;
    size_t group_count;
    struct rlimit_record *rlimits;
    size_t rlimit_count;
    const char *seccomp;    // the filter, as seccomp_install() takes it; or NULL
    unsigned seccomp_flags; // of seccomp(2)
    // Capability sets as bit masks.
    uint64_t bounding, effective, permitted, inheritable, ambient;
    struct mount_record *mounts;
    size_t mount_count;
    unsigned long rootfs_propagation; // as for mount(2), 0 for as it is
    struct device_record *devices;
    size_t device_count;
    struct hooks hooks;
    char **masked_paths, **readonly_paths, **sysctls; // sysctl: "key=value"
    size_t masked_path_count, readonly_path_count, sysctl_count;
    char **shares; // tags of what Dom0 shares beside the rootfs
    size_t share_count;
};

// Reads the file into memory and fills `process`, whose strings point into it.
// NULL when all is well, else what is wrong.
const char *record_load(struct process *process, const char *file);
// Parses a record that is in memory, where a NUL must fit behind it; NULL, or what is wrong.
const char *record_parse(struct process *process, char *text, size_t size);
