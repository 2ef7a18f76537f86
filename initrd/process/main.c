// What runs in a guest before and around its containers: under the name init the domain's first
// process, and under others what the kernel and a DHCP client call.
#include "boot.h"
#include "network/network.h"
#include "session/exec.h"
#include "session/signals.h"

#include <stdio.h>
#include <string.h>

static int network(void) {
    const char *wrong = network_begin();
    if (!wrong) wrong = network_apply(true);
    if (wrong) fprintf(stderr, "%s\n", wrong);
    return wrong ? 1 : 0;
}

int main(int argc, char **argv) {
    const char *slash = strrchr(argv[0], '/');
    const char *name = slash ? slash + 1 : argv[0];
    if (!strcmp(name, "init")) boot();
    if (!strcmp(name, "poweroff")) return signals_deliver();
    if (!strcmp(name, "exec")) return exec_serve();
    if (argc == 3 && !strcmp(argv[1], "network") && !strcmp(argv[2], "-")) return network();
    fputs("usage: runx-process network -\n", stderr);
    return 2;
}
