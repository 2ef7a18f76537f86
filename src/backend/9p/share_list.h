// What the options --share TAG, each followed by its --export OPTIONS:PATH, describe.
#pragma once

#include "../../protocol/limits.h"
#include "share.h"

struct share_list {
    struct share shares[MAX_SHARES];
    struct export exports[MAX_EXPORTS];
    size_t share_count, export_count;
};

// Both return false when there are too many, or when the text is not as it should be.
bool share_list_add(struct share_list *list, const char *tag);
// Adds to the last share.  OPTIONS: letters, "r" for read-only, "s" for with sub-mounts,
// "f" for a file.
bool share_list_add_export(struct share_list *list, const char *text);
