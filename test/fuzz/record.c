// The record of a container, its process and its hooks (initrd/process/record.c).
#include "../../initrd/process/record.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

static size_t measure(char **list, size_t count) {
    size_t length = 0;
    MUST(list && !list[count]);
    for (size_t i = 0; i < count; i++) length += strlen(list[i]);
    return length;
}

static size_t measure_lists(const struct process *p) {
    return measure(p->args, p->arg_count) + measure(p->env, p->env_count) +
           measure(p->masked_paths, p->masked_path_count) +
           measure(p->readonly_paths, p->readonly_path_count) +
           measure(p->sysctls, p->sysctl_count) + measure(p->shares, p->share_count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *text = malloc(size + 1);
    struct process process;
    memcpy(text, data, size);
    const char *wrong = record_parse(&process, text, size);
    if (!wrong) {
        size_t length = strlen(process.cwd) + measure_lists(&process);
        for (size_t i = 0; i < process.mount_count; i++)
            length += strlen(process.mounts[i].destination);
        for (size_t i = 0; i < process.device_count; i++) length += strlen(process.devices[i].path);
        for (size_t i = 0; i < process.hooks.count; i++) {
            const struct hook *hook = &process.hooks.list[i];
            length += strlen(hook->path) + measure(hook->args, hook->arg_count) +
                      measure(hook->env, hook->env_count);
        }
        MUST(length <= size + strlen("/"));
        MUST(process.args[0]);
    } else {
        MUST(strlen(wrong) < 128);
    }
    free(text);
    fuzz_free();
    return 0;
}
