#include "record.h"
#include "../../src/protocol/number.h"
#include "../../src/protocol/read_full.h"
#include "array.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// What a value is.
enum kind {
    END,      // of a table
    TEXT,     // a string
    FLAG,     // "0" or "1"
    UNSIGNED, // a decimal number of the member's size
    SIGNED,
    MASK,   // 64 bits, hexadecimal
    CHOICE, // one of `words`, the member being an enumeration of them
    LIST,  // repeated; each value is an element, whose words `fields` are, the last taking the rest
    GROUP, // begins an element; `fields` are this key and those that may follow it
};

struct field {
    const char *key;
    enum kind kind;
    size_t offset, size; // of the member; LIST and GROUP: the size is that of an element
    size_t count;        // LIST and GROUP: the offset of how many there are
    const struct field *fields;
    const char *const *words;
};

#define SIZE(type, member) sizeof(((type *)0)->member)
#define FIELD(key, kind, type, member)                                                             \
    { key, kind, offsetof(type, member), SIZE(type, member), 0, NULL, NULL }
#define WORD(kind, type, member) FIELD(NULL, kind, type, member)
#define MANY(key, kind, type, member, number, fields)                                              \
    {                                                                                              \
        key, kind, offsetof(type, member), SIZE(type, member[0]), offsetof(type, number), fields,  \
            NULL                                                                                   \
    }

#define ONE_OF(key, words, type, member)                                                           \
    { key, CHOICE, offsetof(type, member), SIZE(type, member), 0, NULL, words }

static const char *const owners[] = {"container", "pod", "pool", NULL};

static const struct field string_words[] = {{.kind = TEXT}, {.kind = END}};
static const struct field gid_words[] = {{.kind = UNSIGNED, .size = sizeof(gid_t)}, {.kind = END}};

static const struct field device_words[] = {
    WORD(UNSIGNED, struct device_record, mode),
    WORD(UNSIGNED, struct device_record, major),
    WORD(UNSIGNED, struct device_record, minor),
    WORD(UNSIGNED, struct device_record, uid),
    WORD(UNSIGNED, struct device_record, gid),
    WORD(TEXT, struct device_record, path),
    {.kind = END},
};

static const struct field rlimit_words[] = {
    WORD(SIGNED, struct rlimit_record, resource),
    WORD(UNSIGNED, struct rlimit_record, soft),
    WORD(UNSIGNED, struct rlimit_record, hard),
    {.kind = END},
};

static const struct field id_map_words[] = {
    WORD(UNSIGNED, struct id_map, inside),
    WORD(UNSIGNED, struct id_map, outside),
    WORD(UNSIGNED, struct id_map, size),
    {.kind = END},
};

static const struct field scheduler_words[] = {
    WORD(UNSIGNED, struct scheduler_record, policy),
    WORD(UNSIGNED, struct scheduler_record, flags),
    WORD(SIGNED, struct scheduler_record, nice),
    WORD(UNSIGNED, struct scheduler_record, priority),
    WORD(UNSIGNED, struct scheduler_record, runtime),
    WORD(UNSIGNED, struct scheduler_record, deadline),
    WORD(UNSIGNED, struct scheduler_record, period),
    {.kind = END},
};

static const struct field mount_fields[] = {
    FIELD("mount", TEXT, struct mount_record, destination),
    FIELD("mount-type", TEXT, struct mount_record, type),
    FIELD("mount-source", TEXT, struct mount_record, source),
    FIELD("mount-data", TEXT, struct mount_record, data),
    FIELD("mount-bind", TEXT, struct mount_record, bind),
    FIELD("mount-disk", FLAG, struct mount_record, disk),
    FIELD("mount-copy-up", FLAG, struct mount_record, copy_up),
    FIELD("mount-flags", UNSIGNED, struct mount_record, flags),
    FIELD("mount-propagation", UNSIGNED, struct mount_record, propagation),
    {.kind = END},
};

static const struct field hook_fields[] = {
    FIELD("hook", TEXT, struct hook, path),
    MANY("hook-arg", LIST, struct hook, args, arg_count, string_words),
    MANY("hook-env", LIST, struct hook, env, env_count, string_words),
    FIELD("hook-timeout", SIGNED, struct hook, timeout_seconds),
    {.kind = END},
};

static const struct field process_fields[] = {
    ONE_OF("owner", owners, struct process, owner),
    FIELD("slot", UNSIGNED, struct process, slot),
    MANY("arg", LIST, struct process, args, arg_count, string_words),
    MANY("env", LIST, struct process, env, env_count, string_words),
    FIELD("cwd", TEXT, struct process, cwd),
    FIELD("uid", UNSIGNED, struct process, uid),
    FIELD("gid", UNSIGNED, struct process, gid),
    MANY("group", LIST, struct process, groups, group_count, gid_words),
    FIELD("umask", SIGNED, struct process, umask),
    FIELD("terminal", FLAG, struct process, terminal),
    FIELD("no-new-privileges", FLAG, struct process, no_new_privileges),
    FIELD("capability-bounding", MASK, struct process, bounding),
    FIELD("capability-effective", MASK, struct process, effective),
    FIELD("capability-permitted", MASK, struct process, permitted),
    FIELD("capability-inheritable", MASK, struct process, inheritable),
    FIELD("capability-ambient", MASK, struct process, ambient),
    MANY("rlimit", LIST, struct process, rlimits, rlimit_count, rlimit_words),
    FIELD("oom-score-adj", SIGNED, struct process, oom_score_adj),
    FIELD("io-priority", SIGNED, struct process, io_priority),
    MANY("scheduler", LIST, struct process, scheduler, scheduler_count, scheduler_words),
    FIELD("personality", UNSIGNED, struct process, personality),
    FIELD("seccomp", TEXT, struct process, seccomp),
    FIELD("seccomp-flags", UNSIGNED, struct process, seccomp_flags),
    FIELD("namespaces", UNSIGNED, struct process, namespaces),
    MANY("uid-map", LIST, struct process, uid_maps, uid_map_count, id_map_words),
    MANY("gid-map", LIST, struct process, gid_maps, gid_map_count, id_map_words),
    FIELD("hostname", TEXT, struct process, hostname),
    FIELD("domainname", TEXT, struct process, domainname),
    FIELD("rootfs-type", TEXT, struct process, rootfs_type),
    FIELD("rootfs-source", TEXT, struct process, rootfs_source),
    FIELD("rootfs-layer", TEXT, struct process, rootfs_layer),
    FIELD("readonly-rootfs", FLAG, struct process, readonly_rootfs),
    FIELD("resolv-conf", FLAG, struct process, resolv_conf),
    FIELD("rootfs-propagation", UNSIGNED, struct process, rootfs_propagation),
    MANY("share", LIST, struct process, shares, share_count, string_words),
    MANY("mount", GROUP, struct process, mounts, mount_count, mount_fields),
    MANY("device", LIST, struct process, devices, device_count, device_words),
    MANY("sysctl", LIST, struct process, sysctls, sysctl_count, string_words),
    MANY("masked-path", LIST, struct process, masked_paths, masked_path_count, string_words),
    MANY("readonly-path", LIST, struct process, readonly_paths, readonly_path_count, string_words),
    FIELD("hook-state", TEXT, struct process, hooks.state),
    MANY("hook", GROUP, struct process, hooks.list, hooks.count, hook_fields),
    {.kind = END},
};

// Puts a number into a member of this size, 4 or 8 bytes.
static bool store(void *member, size_t size, uint64_t number) {
    const uint32_t narrow = (uint32_t)number;
    if (size == sizeof narrow && number != narrow) return false;
    memcpy(member, size == sizeof narrow ? (const void *)&narrow : &number, size);
    return true;
}

static bool take_signed(void *member, size_t size, const char *value) {
    const bool negative = *value == '-';
    const uint64_t most = size == sizeof(int32_t) ? INT32_MAX : INT64_MAX;
    uint64_t number;
    if (!number_parse(value + negative, 10, &number) || number > most) return false;
    if (negative) number = size == sizeof(int32_t) ? (uint32_t)-number : -number;
    return store(member, size, number);
}

static bool take(const struct field *field, void *base, char *value);

static bool take_words(const struct field *words, void *base, char *value) {
    if (words->kind == END) return true;
    if (!value) return false;
    char *rest = words[1].kind == END ? NULL : strchr(value, ' ');
    if (rest) *rest = '\0';
    bool taken = take(words, base, value) && take_words(words + 1, base, rest ? rest + 1 : NULL);
    if (rest && !taken) *rest = ' '; // it is shown
    return taken;
}

// The list's last element, after so many more were added.
static void *last_of(const struct field *field, char *base, size_t added) {
    void *array;
    size_t count;
    memcpy(&array, base + field->offset, sizeof array);
    memcpy(&count, base + field->count, sizeof count);
    for (; added > 0; added--) array = array_append(array, &count, field->size);
    memcpy(base + field->offset, &array, sizeof array);
    memcpy(base + field->count, &count, sizeof count);
    return count > 0 ? (char *)array + (count - 1) * field->size : NULL;
}

static bool take(const struct field *field, void *base, char *value) {
    char *member = (char *)base + field->offset;
    const bool flag = *value == '1';
    uint64_t number;
    switch (field->kind) {
    case TEXT:
        memcpy(member, &value, sizeof value);
        return true;
    case FLAG:
        memcpy(member, &flag, sizeof flag);
        return !strcmp(value, flag ? "1" : "0");
    case UNSIGNED:
        return number_parse(value, 10, &number) && store(member, field->size, number);
    case SIGNED:
        return take_signed(member, field->size, value);
    case MASK:
        return number_parse(value, 16, &number) && store(member, field->size, number);
    case CHOICE:
        for (number = 0; field->words[number]; number++)
            if (!strcmp(value, field->words[number])) return store(member, field->size, number);
        return false;
    case LIST:
        return take_words(field->fields, last_of(field, base, 1), value);
    case GROUP:
        return take(field->fields, last_of(field, base, 1), value);
    case END:
        break;
    }
    return false;
}

static const struct field *find(const struct field *fields, const char *key, size_t length) {
    for (; fields->kind != END; fields++)
        if (strlen(fields->key) == length && !memcmp(fields->key, key, length)) return fields;
    return NULL;
}

static bool take_record(struct process *process, char *record) {
    size_t length = strcspn(record, " ");
    if (record[length] == '\0') return false;
    char *value = record + length + 1;
    const struct field *found = find(process_fields, record, length);
    if (found) return take(found, process, value);
    for (const struct field *group = process_fields; group->kind != END; group++) {
        if (group->kind != GROUP) continue;
        void *element = last_of(group, (char *)process, 0);
        found = element ? find(group->fields, record, length) : NULL;
        if (found) return take(found, element, value);
    }
    return false;
}

// Lists of strings that nothing was said of.
static void end_lists(const struct field *fields, void *base) {
    static char *empty[] = {NULL};
    char **list = empty;
    for (; fields->kind != END; fields++)
        if (fields->fields == string_words && !last_of(fields, base, 0))
            memcpy((char *)base + fields->offset, &list, sizeof list);
}

const char *record_parse(struct process *process, char *text, size_t size) {
    static char error[128];
    text[size] = '\0';
    *process = (struct process){.cwd = "/", .umask = -1, .io_priority = -1, .personality = ~0U};
    for (char *record = text, *next; record < text + size; record = next) {
        next = record + strlen(record) + 1;
        if (!take_record(process, record)) {
            snprintf(error, sizeof error, "record not understood: %.64s", record);
            return error;
        }
    }
    if (!process->args) return "process.args is missing in the record";
    end_lists(process_fields, process);
    for (size_t i = 0; i < process->hooks.count; i++)
        end_lists(hook_fields, &process->hooks.list[i]);
    return NULL;
}

const char *record_load(struct process *process, const char *file) {
    struct stat info;
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &info) < 0) return "reading the record of the process";
    size_t size = (size_t)info.st_size;
    char *text = malloc(size + 1);
    if (!text) abort();
    if (read_full(fd, text, size) != (ssize_t)size)
        return "reading all of the record of the process";
    close(fd);
    return record_parse(process, text, size);
}
