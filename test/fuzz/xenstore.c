// What xenstore says, a guest's own nodes with it (src/protocol/xenstore.c, src/backend/device.c).
#define _GNU_SOURCE
#include "../../src/backend/device.h"
#include "fuzz.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const struct device device = {"console", 7, 1};
    char value[64];
    int ends[2];
    MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    MUST(write(ends[1], data, size) == (ssize_t)size);
    shutdown(ends[1], SHUT_WR);
    struct xenstore xs = {.fd = ends[0]};
    int64_t number = device_read_number(&device, &xs, "port");
    MUST(number <= UINT32_MAX);
    int state = device_frontend_state(&device, &xs);
    MUST(state >= 0 && state <= DEVICE_CLOSED);
    int length = xenstore_read(&xs, "/local/domain/7/data/address/eth0", value, sizeof value);
    MUST(length < (int)sizeof value && (length < 0 || value[length] == '\0'));
    struct device_offer offers[] = {{.device = {"9pfs", 7, 0}, .last = 5},
                                    {.device = {"9pfs", 7, 0}, .last = 5}};
    if (device_offer(&xs, offers, 2) == 0)
        MUST(offers[0].device.index < offers[1].device.index && offers[1].device.index <= 5);
    xenstore_receive(&xs);
    close(ends[0]);
    close(ends[1]);
    return 0;
}
