// The startContainer hooks: programs of the container that run before its process.
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct hook {
    const char *path;
    char **args, **env; // NULL-terminated
    size_t arg_count, env_count;
    long timeout_seconds; // 0: none
};

struct hooks {
    const char *state; // for each hook's standard input
    struct hook *list;
    size_t count;
};

// Takes a record whose key, of `length` bytes, begins with "hook"; false if it is none.
bool hooks_take(struct hooks *hooks, const char *key, size_t length, char *value);
// Runs them one after the other.  NULL when all went well, else what failed.
const char *hooks_run(const struct hooks *hooks);
