#include "containers.h"
#include "../../src/protocol/paths.h"
#include "../../src/protocol/retry.h"
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

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

struct container_state container_look(const struct container *container) {
    char text[48];
    long pid, begun;
    if (access(container->directory, F_OK) < 0) return (struct container_state){CONTAINER_ENDED, 0};
    file_read(container->state, text, sizeof text);
    if (sscanf(text, "%ld %ld", &pid, &begun) != 2)
        return (struct container_state){CONTAINER_BEGINS, 0};
    return (struct container_state){(pid_t)pid, begun};
}

void container_tell(const struct container *container, struct container_state state) {
    char text[48];
    int size = snprintf(text, sizeof text, "%ld %ld\n", (long)state.pid, state.begun);
    int fd = open(container->state, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) return;
    (void)!write(fd, text, (size_t)size);
    close(fd);
}

bool container_runs(struct container_state state) {
    return state.pid > 0 && state.begun != CONTAINER_WAITS;
}

bool container_wait(struct container *container) {
    struct retry retry = {.times = 6000, .pause_ms = 10};
    do {
        const struct container_state state = container_look(container);
        if (state.pid == CONTAINER_ENDED) return false;
        container->init = state.pid;
        if (state.pid > 0) return true;
    } while (retry_later(&retry));
    return false;
}
