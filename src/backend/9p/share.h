// The backend of one Xen 9pfs device (xen/docs/misc/9pfs.pandoc): a process that
// moves whole 9P messages between the guest's rings and a 9P server of the host.
#pragma once

#include "../device.h"

#include <stdbool.h>
#include <sys/types.h>

enum { MAX_SHARES = 32, MAX_EXPORTS = 256 };

// A file or directory of the host that a share serves.
struct export {
    const char *path;
    bool readonly, file;
    bool recursive; // with what is mounted below it
};

// One directory, served as SHARE_EXPORTS/TAG; or files, served as SHARE_EXPORTS/TAG/N.
struct share {
    struct device device;
    const char *tag; // what the guest mounts
    const struct export *exports;
    size_t export_count;
};

// The directory of the exports in 9P, since the server sees little else.
#define SHARE_EXPORTS "/export"

// What the options --share TAG, each followed by its --export OPTIONS:PATH, describe.
struct share_list {
    struct share shares[MAX_SHARES];
    struct export exports[MAX_EXPORTS];
    size_t share_count, export_count;
};

// Both return false when there are too many, or when the text is none of theirs.
bool share_list_add(struct share_list *list, const char *tag);
// Adds to the last share.  OPTIONS: letters, "r" for read-only, "s" for with sub-mounts,
// "f" for a file.
bool share_list_add_export(struct share_list *list, const char *text);

struct device_offer share_offer(const struct share *share);
// Starts the process; the share is offered already, and `server` speaks 9P.  Its pid, or
// a negative errno.
pid_t share_start(const struct share *share, int server);
