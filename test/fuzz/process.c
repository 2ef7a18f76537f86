// The records of the container's process and of its hooks (initrd/process/record.c).
#include "../../initrd/process/record.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

static size_t measure(char **list) {
    size_t length = 0;
    while (*list) length += strlen(*list++);
    return length;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *text = malloc(size + 1);
    struct process process;
    memcpy(text, data, size);
    const char *wrong = process_parse(&process, text, size);
    if (!wrong) {
        char **lists[] = {process.args,    process.env,    process.masked_paths,
                          process.sysctls, process.shares, process.readonly_paths,
                          process.uid_map, process.gid_map};
        size_t length = strlen(process.cwd);
        for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) length += measure(lists[i]);
        for (size_t i = 0; i < process.mount_count; i++)
            length += strlen(process.mounts[i].destination);
        for (size_t i = 0; i < process.device_count; i++) length += strlen(process.devices[i].path);
        for (size_t i = 0; i < process.hooks.count; i++)
            length += strlen(process.hooks.list[i].path);
        MUST(length <= size + strlen("/"));
        MUST(process.args[0]);
    }
    free(text);
    fuzz_free();
    return 0;
}
