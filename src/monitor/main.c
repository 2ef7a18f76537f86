// runx-monitor: see monitor.h.
#define _GNU_SOURCE
#include "monitor.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static const char usage[] =
    "usage: runx-monitor run --state DIR --id ID --xl PATH [--terminal] [--console-socket PATH]\n"
    "                        [--network PATH] [--own-guest] [--disk PATH]... [--keep-output]\n"
    "                        [--diod PATH (--share TAG (--export [r][s][f]:PATH)...)...]\n"
    "       runx-monitor hold --state DIR --id ID [--network PATH] [--hostname NAME]\n"
    "       runx-monitor exec --state DIR --id ID --domain NAME --domid DOMID [--terminal]\n"
    "                        [--console-socket PATH]\n"
    "       runx-monitor signal [--all] [--own-guest] DOMID NUMBER\n"
    "       runx-monitor network DOMID\n"
    "       runx-monitor address DOMID NAME\n"
    "       runx-monitor online | offline TYPE\n"
    "       runx-monitor hostname PATH\n"
    "       runx-monitor enter PID -- PATH NAME [ARG...]\n"
    "       runx-monitor add | remove\n"
    "       runx-monitor image --state DIR (--share TAG --export [r][s]:PATH)... -- PATH [ARG...]\n"
    "       runx-monitor lock [--try]\n"
    "       runx-monitor remount ro|rw PATH\n"
    "runx starts it; it is of no use by hand.\n";

static _Noreturn void fail(const char *what) {
    fprintf(stderr, "runx-monitor: %s: %s\n", what, strerror(errno));
    exit(1);
}

static long number(const char *text) {
    char *end;
    errno = 0;
    long value = strtol(text, &end, 10);
    if (errno || *text == '\0' || *end != '\0' || value < 0 || value > INT_MAX) {
        fprintf(stderr, "runx-monitor: not a number: %s\n", text);
        exit(2);
    }
    return value;
}

// Its own mounts, which still see the host's being unmounted, and its own /proc.
static void enter_mount_namespace(void) {
    if (mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0) fail("making the mounts private");
    if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
        fail("mounting /proc");
}

// What is started: a process that stands for another on the host, and its guardian,
// neither of which returns.
struct role {
    unsigned long namespaces; // of the first
    void (*run)(const struct options *options, int guardian);
    void (*guard)(const struct options *options, int monitor);
};

static const struct role container = {CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET, monitor_run,
                                      guardian_run};
static const struct role sandbox = {
    CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS, hold_run, NULL};
static const struct role added = {0, exec_run, exec_guardian_run};

// Enters the network namespace at `path`, which comes from config.json.
static void join_network(const char *path) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || setns(fd, CLONE_NEWNET) < 0) {
        const char *why = errno == EINVAL ? "is none" : strerror(errno);
        dprintf(CONTROL_FD, "error network namespace %s: %s\n", path, why);
        exit(1);
    }
    close(fd);
}

// Takes a block device of config.json, so that nobody mounts it meanwhile, or takes it too.
static void hold_disk(const char *path) {
    enum { MAX_TRIES = 40 };
    const struct timespec pause = {.tv_nsec = 50000000};
    // Stays open in the monitor, and in the guardian until the domain is gone; that of an
    // earlier container may end a moment after its monitor.
    for (int tries = 0; tries < MAX_TRIES; tries++) {
        if (open(path, O_RDONLY | O_EXCL | O_CLOEXEC) >= 0) return;
        if (errno != EBUSY) break;
        nanosleep(&pause, NULL);
    }
    const char *why =
        errno == EBUSY ? "in use: mounted on this host, or another container's" : strerror(errno);
    dprintf(CONTROL_FD, "error disk %s: %s\n", path, why);
    exit(1);
}

// Starts both as orphans, so that the engine's subreaper becomes the monitor's
// parent, and tells runx the monitor's pid.
static int start(struct options *options, const struct role *role) {
    int pair[2];
    if (chdir(options->state_directory) < 0) fail(options->state_directory);
    if (syscall(SYS_close_range, CONTROL_FD + 1, ~0U, 0) < 0 && errno != ENOSYS)
        fail("closing descriptors");
    fcntl(CONTROL_FD, F_SETFD, FD_CLOEXEC);
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) fail("socketpair");

    for (unsigned i = 0; i < options->disk_count; i++) hold_disk(options->disks[i]);

    unsigned long namespaces = role->namespaces;
    int host = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    if (host < 0) fail("/proc/self/ns/net");
    if (options->network) {
        namespaces &= ~(unsigned long)CLONE_NEWNET;
        join_network(options->network);
    }
    options->monitor = syscall(SYS_clone, SIGCHLD | namespaces, 0, 0, 0, 0);
    if (options->monitor < 0) fail("creating namespaces");
    if (options->monitor == 0) {
        close(pair[1]);
        setsid();
        if (role->namespaces & CLONE_NEWNS) enter_mount_namespace();
        role->run(options, pair[0]);
    }
    close(pair[0]);
    // The guardian and xl work in the host's.
    if (setns(host, CLONE_NEWNET) < 0) fail("setns");
    close(host);
    dprintf(CONTROL_FD, "pid %ld\n", options->monitor);

    if (role->guard == NULL) return 0;
    pid_t guardian = fork();
    if (guardian < 0) fail("fork");
    if (guardian == 0) {
        setsid();
        close(CONTROL_FD);
        role->guard(options, pair[1]);
    }
    return 0;
}

// Locks what descriptor 3 is open on.  The lock is that of runx, which has it open
// as well, and ends when runx closes it or dies.
static int lock(bool try) {
    while (flock(CONTROL_FD, LOCK_EX | (try ? LOCK_NB : 0)) < 0) {
        if (errno == EWOULDBLOCK) return EXIT_LOCKED;
        if (errno != EINTR) fail("flock");
    }
    return 0;
}

// The exit code for what a function that speaks with xenstore returned.
static int report(int rc) {
    if (rc < 0) fprintf(stderr, "runx-monitor: xenstore: %s\n", strerror(-rc));
    return rc == -ESRCH ? EXIT_NO_DOMAIN : rc < 0;
}

int main(int argc, char **argv) {
    static const struct option long_options[] = {{"state", required_argument, NULL, 's'},
                                                 {"id", required_argument, NULL, 'i'},
                                                 {"xl", required_argument, NULL, 'x'},
                                                 {"terminal", no_argument, NULL, 't'},
                                                 {"console-socket", required_argument, NULL, 'c'},
                                                 {"share", required_argument, NULL, 'r'},
                                                 {"export", required_argument, NULL, 'e'},
                                                 {"diod", required_argument, NULL, 'd'},
                                                 {"domain", required_argument, NULL, 'n'},
                                                 {"domid", required_argument, NULL, 'D'},
                                                 {"all", no_argument, NULL, 'a'},
                                                 {"try", no_argument, NULL, 'T'},
                                                 {"own-guest", no_argument, NULL, 'o'},
                                                 {"network", required_argument, NULL, 'w'},
                                                 {"hostname", required_argument, NULL, 'h'},
                                                 {"disk", required_argument, NULL, 'b'},
                                                 {"keep-output", no_argument, NULL, 'k'},
                                                 {0}};
    static struct share_list served;
    struct options options = {.served = &served};
    bool valid = true, all = false, try = false;
    for (int option; (option = getopt_long(argc, argv, "", long_options, NULL)) != -1;) {
        switch (option) {
        case 's':
            options.state_directory = optarg;
            break;
        case 'i':
            options.id = optarg;
            break;
        case 'x':
            options.xl = optarg;
            break;
        case 't':
            options.terminal = true;
            break;
        case 'c':
            options.console_socket = optarg;
            break;
        case 'r':
            valid &= share_list_add(&served, optarg);
            break;
        case 'e':
            valid &= share_list_add_export(&served, optarg);
            break;
        case 'd':
            options.diod = optarg;
            break;
        case 'w':
            options.network = optarg;
            break;
        case 'h':
            options.hostname = optarg;
            break;
        case 'b':
            valid &= options.disk_count < MAX_DISKS;
            if (valid) options.disks[options.disk_count++] = optarg;
            break;
        case 'k':
            options.keep_output = true;
            break;
        case 'a':
            all = true;
            break;
        case 'T':
            try = true;
            break;
        case 'o':
            options.own_guest = true;
            break;
        case 'n':
            options.domain = optarg;
            break;
        case 'D':
            options.domid = (unsigned)number(optarg);
            break;
        default:
            fputs(usage, stderr);
            return 2;
        }
    }
    const char *command = optind < argc ? argv[optind] : "";
    if (!strcmp(command, "signal") && argc - optind == 3) {
        int signal = (int)number(argv[optind + 2]);
        return report((options.own_guest ? signal_own_guest : signal_guest)(
            (unsigned)number(argv[optind + 1]), all ? -signal : signal));
    }
    if (!strcmp(command, "network") && argc - optind == 2)
        return report(vif_tell_guest((unsigned)number(argv[optind + 1])));
    if (!strcmp(command, "address") && argc - optind == 3)
        return report(vif_print_address((unsigned)number(argv[optind + 1]), argv[optind + 2]));
    // As a hotplug script, by xl.
    if (!strcmp(command, "online")) return report(vif_is_connected(getenv("XENBUS_PATH")));
    if (!strcmp(command, "offline")) return 0;
    if (!strcmp(command, "hostname") && argc - optind == 2) return print_hostname(argv[optind + 1]);
    if (!strcmp(command, "add")) return report(vbd_connect(getenv("XENBUS_PATH")));
    if (!strcmp(command, "remove")) return 0;
    if (!strcmp(command, "image") && argc - optind >= 2 && options.state_directory && valid)
        return image_run(&served, options.state_directory, &argv[optind + 1]);
    if (!strcmp(command, "enter") && argc - optind >= 4)
        return enter_network((unsigned)number(argv[optind + 1]), argv[optind + 2],
                             &argv[optind + 3], environ);
    if (!strcmp(command, "lock") && argc - optind == 1) return lock(try);
    if (!strcmp(command, "remount") && argc - optind == 3)
        return remount(argv[optind + 2], !strcmp(argv[optind + 1], "ro"));
    if (!strcmp(command, "run") && argc - optind == 1 && options.state_directory && options.id &&
        options.xl && valid && !served.share_count == !options.diod)
        return start(&options, &container);
    if (!strcmp(command, "hold") && argc - optind == 1 && options.state_directory && options.id)
        return start(&options, &sandbox);
    if (!strcmp(command, "exec") && argc - optind == 1 && options.state_directory && options.id &&
        options.domain && options.domid)
        return start(&options, &added);
    fputs(usage, stderr);
    return 2;
}
