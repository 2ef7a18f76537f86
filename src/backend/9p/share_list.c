#include "share_list.h"

#include <string.h>

bool share_list_add(struct share_list *list, const char *tag) {
    if (list->share_count == MAX_SHARES || *tag == '\0' || strchr(tag, '/')) return false;
    list->shares[list->share_count++] =
        (struct share){.tag = tag, .exports = list->exports + list->export_count};
    return true;
}

bool share_list_add_export(struct share_list *list, const char *text) {
    if (list->share_count == 0 || list->export_count == MAX_EXPORTS) return false;
    struct share *share = &list->shares[list->share_count - 1];
    // No option holds a colon, so what follows the first one is the path, byte for byte.
    size_t length = strcspn(text, ":");
    if (text[length] == '\0' || strspn(text, "rsf") != length) return false;
    const struct export export = {
        .path = text + length + 1,
        .readonly = memchr(text, 'r', length) != NULL,
        .recursive = memchr(text, 's', length) != NULL,
        .file = memchr(text, 'f', length) != NULL,
    };
    if (share->export_count > 0 && !(export.file && share->exports[0].file)) return false;
    list->exports[list->export_count++] = export;
    share->export_count++;
    return true;
}
