#include "record.h"
#include "../../src/protocol/read_full.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void *append(void *array, size_t *count, size_t size) {
    char *grown = realloc(array, (*count + 2) * size);
    if (!grown) abort();
    memset(grown + *count * size, 0, 2 * size);
    (*count)++;
    return grown;
}

struct lists {
    size_t args, env, masked, readonly, sysctls, shares, uid_map, gid_map;
};

bool key_is(const char *record, size_t length, const char *key) {
    return strlen(key) == length && !strncmp(record, key, length);
}

void append_string(char ***list, size_t *count, char *value) {
    *list = append(*list, count, sizeof **list);
    (*list)[*count - 1] = value;
}

static bool parse_mount(struct process *p, const char *key, size_t length, char *value) {
    if (key_is(key, length, "mount")) {
        p->mounts = append(p->mounts, &p->mount_count, sizeof *p->mounts);
        p->mounts[p->mount_count - 1].destination = value;
        return true;
    }
    if (p->mount_count == 0) return false;
    struct mount_record *mount = &p->mounts[p->mount_count - 1];
    if (key_is(key, length, "mount-type"))
        mount->type = value;
    else if (key_is(key, length, "mount-source"))
        mount->source = value;
    else if (key_is(key, length, "mount-data"))
        mount->data = value;
    else if (key_is(key, length, "mount-bind"))
        mount->bind = value;
    else if (key_is(key, length, "mount-disk"))
        mount->disk = *value == '1';
    else if (key_is(key, length, "mount-copy-up"))
        mount->copy_up = *value == '1';
    else if (key_is(key, length, "mount-flags"))
        mount->flags = strtoul(value, NULL, 10);
    else if (key_is(key, length, "mount-propagation"))
        mount->propagation = strtoul(value, NULL, 10);
    else
        return false;
    return true;
}

static bool parse_device(struct process *p, char *value) {
    p->devices = append(p->devices, &p->device_count, sizeof *p->devices);
    struct device_record *device = &p->devices[p->device_count - 1];
    int path = 0;
    if (sscanf(value, "%u %u %u %u %u %n", &device->mode, &device->major, &device->minor,
               &device->uid, &device->gid, &path) != 5)
        return false;
    device->path = value + path;
    return true;
}

static bool parse_rlimit(struct process *p, const char *value) {
    p->rlimits = append(p->rlimits, &p->rlimit_count, sizeof *p->rlimits);
    struct rlimit_record *rlimit = &p->rlimits[p->rlimit_count - 1];
    unsigned long long soft, hard;
    if (sscanf(value, "%d %llu %llu", &rlimit->resource, &soft, &hard) != 3) return false;
    rlimit->limit = (struct rlimit){soft, hard};
    return true;
}

static bool parse_record(struct process *p, struct lists *n, char *record) {
    size_t length = strcspn(record, " ");
    if (record[length] == '\0') return false;
    char *value = record + length + 1;
    if (!strncmp(record, "hook", 4)) return hooks_take(&p->hooks, record, length, value);
    const struct {
        const char *key;
        char ***list;
        size_t *count;
    } lists[] = {{"arg", &p->args, &n->args},
                 {"env", &p->env, &n->env},
                 {"masked-path", &p->masked_paths, &n->masked},
                 {"readonly-path", &p->readonly_paths, &n->readonly},
                 {"uid-map", &p->uid_map, &n->uid_map},
                 {"gid-map", &p->gid_map, &n->gid_map},
                 {"sysctl", &p->sysctls, &n->sysctls},
                 {"share", &p->shares, &n->shares}};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        if (key_is(record, length, lists[i].key)) {
            append_string(lists[i].list, lists[i].count, value);
            return true;
        }
    const struct {
        const char *key;
        const char **text;
    } texts[] = {{"cwd", &p->cwd},
                 {"hostname", &p->hostname},
                 {"domainname", &p->domainname},
                 {"personality", &p->personality},
                 {"io-priority", &p->io_priority},
                 {"scheduler", &p->scheduler},
                 {"oom-score-adj", &p->oom_score_adj},
                 {"seccomp", &p->seccomp}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (key_is(record, length, texts[i].key)) {
            *texts[i].text = value;
            return true;
        }
    const struct {
        const char *key;
        bool *flag;
    } flags[] = {{"terminal", &p->terminal},
                 {"no-new-privileges", &p->no_new_privileges},
                 {"readonly-rootfs", &p->readonly_rootfs}};
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        if (key_is(record, length, flags[i].key)) {
            *flags[i].flag = *value == '1';
            return true;
        }
    const struct {
        const char *key;
        uint64_t *set;
    } capabilities[] = {{"capability-bounding", &p->bounding},
                        {"capability-effective", &p->effective},
                        {"capability-permitted", &p->permitted},
                        {"capability-inheritable", &p->inheritable},
                        {"capability-ambient", &p->ambient}};
    for (size_t i = 0; i < sizeof capabilities / sizeof *capabilities; i++)
        if (key_is(record, length, capabilities[i].key)) {
            *capabilities[i].set = strtoull(value, NULL, 16);
            return true;
        }
    unsigned long number = strtoul(value, NULL, 10);
    if (key_is(record, length, "uid")) {
        p->uid = (uid_t)number;
    } else if (key_is(record, length, "gid")) {
        p->gid = (gid_t)number;
    } else if (key_is(record, length, "namespaces")) {
        p->namespaces = (unsigned)number;
    } else if (key_is(record, length, "umask")) {
        p->umask = (int)number;
    } else if (key_is(record, length, "seccomp-flags")) {
        p->seccomp_flags = (unsigned)number;
    } else if (key_is(record, length, "rootfs-propagation")) {
        p->rootfs_propagation = number;
    } else if (key_is(record, length, "group")) {
        p->groups = append(p->groups, &p->group_count, sizeof *p->groups);
        p->groups[p->group_count - 1] = (gid_t)number;
    } else if (key_is(record, length, "rlimit")) {
        return parse_rlimit(p, value);
    } else if (key_is(record, length, "device")) {
        return parse_device(p, value);
    } else {
        return parse_mount(p, record, length, value);
    }
    return true;
}

const char *process_parse(struct process *process, char *text, size_t size) {
    static char error[128];
    static char *none[] = {NULL};
    struct lists counts = {0};
    text[size] = '\0';
    *process = (struct process){.cwd = "/", .umask = -1, .oom_score_adj = "0"};
    for (char *record = text; record < text + size; record += strlen(record) + 1)
        if (!parse_record(process, &counts, record)) {
            snprintf(error, sizeof error, "record not understood: %.64s", record);
            return error;
        }
    if (!process->args) return "no arguments";
    if (!process->env) process->env = none;
    if (!process->masked_paths) process->masked_paths = none;
    if (!process->readonly_paths) process->readonly_paths = none;
    if (!process->sysctls) process->sysctls = none;
    if (!process->shares) process->shares = none;
    if (!process->uid_map) process->uid_map = none;
    if (!process->gid_map) process->gid_map = none;
    return NULL;
}

const char *process_load(struct process *process, const char *file) {
    struct stat info;
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &info) < 0) return "cannot read it";
    size_t size = (size_t)info.st_size;
    char *text = malloc(size + 1);
    if (!text) abort();
    if (read_full(fd, text, size) != (ssize_t)size) return "cannot read it whole";
    close(fd);
    return process_parse(process, text, size);
}
