#include "channel.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

typedef uint16_t domid_t;     // Xen's types, which the kernel's headers use
typedef uint32_t grant_ref_t; // and do not define

#include <xen/evtchn.h>
#include <xen/gntdev.h>

int channels_open(struct channels *channels) {
    channels->gntdev = open("/dev/xen/gntdev", O_RDWR | O_CLOEXEC);
    channels->evtchn = open("/dev/xen/evtchn", O_RDWR | O_CLOEXEC | O_NONBLOCK);
    return channels->gntdev < 0 || channels->evtchn < 0 ? -errno : 0;
}

int channels_map(const struct channels *channels, struct grant_refs granted, struct grant *grant) {
    const uint32_t count = granted.count;
    struct ioctl_gntdev_map_grant_ref *map = calloc(1, sizeof *map + count * sizeof map->refs[0]);
    if (!map) return -ENOMEM;
    map->count = count;
    for (uint32_t i = 0; i < count; i++) {
        map->refs[i].domid = granted.domid;
        map->refs[i].ref = granted.refs[i];
    }
    int rc = ioctl(channels->gntdev, IOCTL_GNTDEV_MAP_GRANT_REF, map) < 0 ? -errno : 0;
    uint64_t handle = map->index;
    free(map);
    if (rc < 0) return rc;
    void *pages = mmap(NULL, (size_t)count * GRANT_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED,
                       channels->gntdev, (off_t)handle);
    if (pages == MAP_FAILED) {
        rc = -errno;
        struct ioctl_gntdev_unmap_grant_ref unmap = {.index = handle, .count = count};
        (void)ioctl(channels->gntdev, IOCTL_GNTDEV_UNMAP_GRANT_REF, &unmap);
        return rc;
    }
    *grant = (struct grant){pages, handle, count};
    return 0;
}

void channels_unmap(const struct channels *channels, struct grant *grant) {
    if (!grant->pages) return;
    munmap(grant->pages, (size_t)grant->count * GRANT_PAGE);
    struct ioctl_gntdev_unmap_grant_ref unmap = {.index = grant->handle, .count = grant->count};
    (void)ioctl(channels->gntdev, IOCTL_GNTDEV_UNMAP_GRANT_REF, &unmap);
    grant->pages = NULL;
}

int channels_bind(const struct channels *channels, unsigned domid, uint32_t remote_port) {
    struct ioctl_evtchn_bind_interdomain bind = {domid, remote_port};
    int port = ioctl(channels->evtchn, IOCTL_EVTCHN_BIND_INTERDOMAIN, &bind);
    return port < 0 ? -errno : port;
}

void channels_unbind(const struct channels *channels, uint32_t port) {
    struct ioctl_evtchn_unbind unbind = {port};
    (void)ioctl(channels->evtchn, IOCTL_EVTCHN_UNBIND, &unbind);
}

void channels_notify(const struct channels *channels, uint32_t port) {
    struct ioctl_evtchn_notify notify = {port};
    // A guest that is gone cannot be told; its end is noticed through xenstore.
    (void)ioctl(channels->evtchn, IOCTL_EVTCHN_NOTIFY, &notify);
}

int channels_take_events(const struct channels *channels, struct channel_events *events) {
    ssize_t length = read(channels->evtchn, events->ports, sizeof events->ports);
    if (length < 0 && errno != EAGAIN && errno != EINTR) return -errno;
    events->size = length < 0 ? 0 : (size_t)length;
    return 0;
}

void channels_rearm(const struct channels *channels, const struct channel_events *events) {
    if (events->size > 0) (void)!write(channels->evtchn, events->ports, events->size);
}
