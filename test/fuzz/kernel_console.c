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

// What who attaches and the descriptor give as input reaches the terminal as it is, and
// nothing else does.
static void check_input(struct relay *relay, int guest, const uint8_t *data, size_t size) {
    uint8_t sent[2 * FRAME_MAX];
    int ends[2];
    MUST(pipe(ends) == 0);
    if (size > FRAME_MAX) size = FRAME_MAX;
    MUST(write(ends[1], data, size) == (ssize_t)size);
    close(ends[1]);
    relay->input.fd = ends[0];
    relay->input.credit = INPUT_CREDIT;
    relay->input.window = relay->input.closed[1] = true;
    relay->ready[0] = true;
    if (size > 0) input_add(&relay->input, data, size);
    for (int i = 0; i < 2; i++) kernel_console_carrier.send(relay, true);
    MUST(recv(guest, sent, sizeof sent, MSG_DONTWAIT) == (ssize_t)(2 * size) || size == 0);
    MUST(memcmp(sent, data, size) == 0 && memcmp(sent + size, data, size) == 0);
    MUST(relay->input.length == 0 && !relay->input.window);
    close(ends[0]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct relay relay;
    static struct kernel_console console;
    int ends[2], null = open("/dev/null", O_RDWR | O_CLOEXEC);
    MUST(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) == 0);
    MUST(write(ends[1], data, size) == (ssize_t)size);
    shutdown(ends[1], SHUT_WR);
    console = (struct kernel_console){.tty = ends[0]};
    relay = (struct relay){.carrier = &kernel_console_carrier, .carrier_state = &console};
    relay.channels.gntdev = relay.channels.evtchn = relay.input.fd = -1;
    relay.outputs[0] = relay.outputs[1] = (struct output){.fd = null, .nonblocking = true};
    check_input(&relay, ends[1], data, size);
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
