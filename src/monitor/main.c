// runx-monitor: what runx does in C, and what stands for a container while it runs.
#define _GNU_SOURCE
#include "../host/enter.h"
#include "../host/image.h"
#include "../host/lease.h"
#include "../host/lock.h"
#include "../host/network.h"
#include "../host/remount.h"
#include "../host/vbd.h"
#include "../host/vif.h"
#include "../protocol/number.h"
#include "launch.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// WRONG: of a subcommand that is not called as its usage says.
enum { EXIT_NO_DOMAIN = 3, EXIT_USAGE = 2, WRONG = -1, ANY = INT_MAX };

// A number of `min` at least; WRONG for anything else.
static int number(const char *text, int min) {
    uint64_t value;
    if (!number_parse(text, 10, &value) || value > INT_MAX || (int)value < min) return WRONG;
    return (int)value;
}

// The exit code for what a function that speaks with xenstore returned.
static int exit_code(int rc) {
    if (rc < 0) fprintf(stderr, "runx-monitor: xenstore: %s\n", strerror(-rc));
    return rc == -ESRCH ? EXIT_NO_DOMAIN : rc < 0;
}

static int run_run(const struct options *options, char **words) {
    (void)words;
    return !options->shares->share_count == !options->diod ? launch_container(options) : WRONG;
}

static int run_exec(const struct options *options, char **words) {
    (void)words;
    return launch_added(options);
}

static int run_hold(const struct options *options, char **words) {
    (void)words;
    return launch_sandbox(options);
}

static int run_network(const struct options *options, char **words) {
    (void)options;
    const int domid = number(words[0], 1);
    return domid == WRONG ? WRONG : exit_code(network_tell_guest((unsigned)domid));
}

static int run_address(const struct options *options, char **words) {
    (void)options;
    const int domid = number(words[0], 1);
    return domid == WRONG ? WRONG : exit_code(lease_print((unsigned)domid, words[1]));
}

static int run_enter(const struct options *options, char **words) {
    (void)options;
    const int pid = number(words[0], 1);
    return pid == WRONG ? WRONG : enter_network((unsigned)pid, words[1], words + 2);
}

static int run_hostname(const struct options *options, char **words) {
    (void)options;
    return print_hostname(words[0]);
}

static int run_image(const struct options *options, char **words) {
    return image_run(options->shares, options->state_directory, words);
}

static int run_lock(const struct options *options, char **words) {
    (void)words;
    return lock(options->try);
}

static int run_remount(const struct options *options, char **words) {
    (void)options;
    const bool readonly = !strcmp(words[0], "ro");
    return readonly || !strcmp(words[0], "rw") ? remount(words[1], readonly) : WRONG;
}

static int run_online(const struct options *options, char **words) {
    (void)options, (void)words;
    return exit_code(vif_connect(getenv("XENBUS_PATH")));
}

static int run_add(const struct options *options, char **words) {
    (void)options, (void)words;
    return exit_code(vbd_connect(getenv("XENBUS_PATH")));
}

static int run_nothing(const struct options *options, char **words) {
    (void)options, (void)words;
    return 0;
}

static const struct subcommand {
    const char *name;
    struct option_letters options;
    int min, max; // words behind them
    int (*run)(const struct options *options, char **words);
    const char *usage;
} subcommands[] = {
    {"run",
     {OPTION_STATE OPTION_ID OPTION_SLOT OPTION_XL,
      OPTION_TERMINAL OPTION_WINDOW OPTION_CONSOLE_SOCKET OPTION_NETWORK OPTION_OWN_GUEST
          OPTION_DISK OPTION_KEEP_OUTPUT OPTION_DIOD OPTION_SHARE OPTION_EXPORT},
     0,
     0,
     run_run,
     "--state DIR --id ID --slot N --xl PATH [--terminal] [--window ROWSxCOLUMNS]\n"
     "    [--console-socket PATH] [--network PATH] [--own-guest] [--disk PATH]... [--keep-output]\n"
     "    [--diod PATH (--share TAG (--export [r][s][f]:PATH)...)...]"},
    {"exec",
     {OPTION_STATE OPTION_ID OPTION_SLOT OPTION_DOMAIN OPTION_DOMID,
      OPTION_TERMINAL OPTION_WINDOW OPTION_CONSOLE_SOCKET},
     0,
     0,
     run_exec,
     "--state DIR --id ID --slot N --domain NAME --domid DOMID [--terminal]\n"
     "    [--window ROWSxCOLUMNS] [--console-socket PATH]"},
    {"hold",
     {OPTION_STATE OPTION_ID, OPTION_NETWORK OPTION_HOSTNAME},
     0,
     0,
     run_hold,
     "--state DIR --id ID [--network PATH] [--hostname NAME]"},
    {"network", {"", ""}, 1, 1, run_network, "DOMID"},
    {"address", {"", ""}, 2, 2, run_address, "DOMID NAME"},
    {"enter", {"", ""}, 3, ANY, run_enter, "PID -- PATH NAME [ARG...]"},
    {"hostname", {"", ""}, 1, 1, run_hostname, "PATH"},
    {"image",
     {OPTION_STATE, OPTION_SHARE OPTION_EXPORT},
     1,
     ANY,
     run_image,
     "--state DIR (--share TAG --export [r][s][f]:PATH)... -- PATH [ARG...]"},
    {"lock", {"", OPTION_TRY}, 0, 0, run_lock, "[--try]"},
    {"remount", {"", ""}, 2, 2, run_remount, "ro|rw PATH"},
    // Hotplug scripts, which xl starts.
    {"online", {"", ""}, 0, ANY, run_online, "TYPE"},
    {"offline", {"", ""}, 0, ANY, run_nothing, "TYPE"},
    {"add", {"", ""}, 0, ANY, run_add, ""},
    {"remove", {"", ""}, 0, ANY, run_nothing, ""},
};

enum { SUBCOMMANDS = sizeof subcommands / sizeof *subcommands };

// Of one subcommand, or of all.
static int print_usage(const struct subcommand *only) {
    for (const struct subcommand *s = subcommands; s < subcommands + SUBCOMMANDS; s++)
        if (!only || s == only) fprintf(stderr, "usage: runx-monitor %s %s\n", s->name, s->usage);
    fputs("runx starts it; it is of no use by hand.\n", stderr);
    return EXIT_USAGE;
}

int main(int argc, char **argv) {
    static struct share_list shares;
    struct options options = {.shares = &shares};
    const struct subcommand *subcommand = subcommands;
    const char *name = argc > 1 ? argv[1] : "";
    while (strcmp(subcommand->name, name) != 0)
        if (++subcommand == subcommands + SUBCOMMANDS) return print_usage(NULL);
    const int first = options_parse(&options, subcommand->options, argc - 1, argv + 1);
    const int words = argc - 1 - first;
    if (first < 0 || words < subcommand->min || words > subcommand->max)
        return print_usage(subcommand);
    const int rc = subcommand->run(&options, argv + 1 + first);
    return rc == WRONG ? print_usage(subcommand) : rc;
}
