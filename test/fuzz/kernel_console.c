// What a guest of the container's own writes on its one console (src/monitor/kernel_console.c).
#define _GNU_SOURCE
#include "../../src/monitor/kernel_console.h"
#include "../../src/monitor/relay.h"
#include "fuzz.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LINES = 10 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct relay relay;
    static struct kernel_console console;
    int ends[2], null = open("/dev/null", O_RDWR | O_CLOEXEC);
    MUST(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) == 0);
    MUST(write(ends[1], data, size) == (ssize_t)size);
    shutdown(ends[1], SHUT_WR);
    console = (struct kernel_console){.tty = ends[0]};
    relay = (struct relay){.kernel_console = &console, .take = kernel_console_take};
    relay.channels.gntdev = relay.channels.evtchn = relay.input.fd = -1;
    relay.outputs[0] = relay.outputs[1] = (struct output){.fd = null, .nonblocking = true};
    kernel_console_drain(&relay);
    MUST(console.tty < 0 && relay.outputs[0].length == 0);
    MUST(console.length < CONSOLE_TAIL && strlen(console.tail) == console.length);

    const char *words = kernel_console_last_words(&console);
    unsigned lines = *words ? 1 : 0;
    for (const char *c = words; *c; c++) {
        MUST(*c == '\n' || (*c >= ' ' && *c <= '~'));
        if (*c == '\n') lines++;
        MUST(*c != '\n' || (c[1] != '\n' && c[1] != '\0'));
    }
    MUST(lines <= LINES);
    // A panic is not lost behind what came after it.
    const char *panic = memmem(data, size, "Kernel panic", 12);
    if (panic && size < CONSOLE_TAIL) MUST(strstr(words, "Kernel panic") != NULL);
    close(ends[1]);
    close(null);
    return 0;
}
