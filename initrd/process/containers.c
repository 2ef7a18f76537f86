#include "containers.h"
#include "../../src/protocol/paths.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

struct container container_in(unsigned slot) {
    struct container c = {.slot = slot};
    snprintf(c.record, sizeof c.record, RECORDS "/%u", slot);
    snprintf(c.directory, sizeof c.directory, CONTAINERS "/%u", slot);
    snprintf(c.rootfs, sizeof c.rootfs, CONTAINERS "/%u/rootfs", slot);
    snprintf(c.state, sizeof c.state, CONTAINERS "/%u/init", slot);
    return c;
}

int container_make(const struct container *container) {
    const char *const paths[] = {CONTAINERS, container->directory, container->rootfs};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        if (mkdir(paths[i], 0700) < 0 && errno != EEXIST) return -1;
    return 0;
}
