// The process that stands for one container on the host: it lives as long as
// the container's domain, its exit code is the container's, and it is the
// backend of the container's consoles.
#pragma once

#include "../backend/9p/share.h"

#include <stdbool.h>

enum { MAX_DISKS = 24 };

struct options {
    const char *state_directory;
    const char *id;             // the container's id, for messages
    const char *xl;             // path of the xl tool
    const char *console_socket; // NULL: the terminal, if any, is the inherited one
    const char *network;        // path of the network namespace; NULL: one of its own
    const char *hostname;       // hold: of the UTS namespace; NULL: the host's
    bool terminal;
    bool own_guest;            // boots a ramdisk of its own, or none: nothing in it knows of runx
    bool keep_output;          // in the state directory, and for who attaches
    struct share_list *served; // by 9P
    const char *diod;          // path of the 9P server
    const char *domain;        // exec: the container's domain, by name
    unsigned domid;            // and by number
    const char *disks[MAX_DISKS]; // block devices that are the container's alone
    unsigned disk_count;
    long monitor; // pid, for the guardian
};

enum {
    CONTROL_FD = 3,        // lines to and from runx, see src/monitor/README.md
    EXIT_KILLED = 128 + 9, // of a container whose domain ended with no status
    EXIT_NO_DOMAIN = 3,    // of `runx-monitor signal` and `network`
    EXIT_LOCKED = 4,       // of `runx-monitor lock --try`
};

// Runs the monitor; never returns.  `guardian` is the socket to guardian_run.
_Noreturn void monitor_run(const struct options *options, int guardian);
// Serves the monitor from outside its namespaces, where xl has to run, and ends
// the domain if the monitor dies first; never returns.
_Noreturn void guardian_run(const struct options *options, int monitor);

// Runs the process that stands for the sandbox of a pod: it holds namespaces, and TERM
// and INT end it; never returns.  It has no guardian.
_Noreturn void hold_run(const struct options *options, int guardian);

// Runs the monitor of a process that is added to a running container: its exit code
// is the process's; never returns.  `guardian` is the socket to exec_guardian_run.
_Noreturn void exec_run(const struct options *options, int guardian);
// Outlives the exec monitor, to take its console away and to forget its pid.
_Noreturn void exec_guardian_run(const struct options *options, int monitor);

// What the monitor asks of the guardian: a line that starts with one of these
// (NAME is followed by "DOMID NAME"), and one byte back.
enum request { REQUEST_NAME = 'N', REQUEST_STATE = 'S', REQUEST_DESTROY = 'D' };
enum answer {
    ANSWER_RUNNING = 'r',
    ANSWER_ENDED = 'e', // powered off
    ANSWER_REBOOTED = 'b',
    ANSWER_SUSPENDED = 's',
    ANSWER_CRASHED = 'c',
    ANSWER_WATCHDOG = 'w',
    ANSWER_UNKNOWN = '?', // ended for a reason that has no letter here
    ANSWER_GONE = 'g',    // or about to be
    ANSWER_DONE = 'd',
};

// Blocks every signal that can wait, and returns the descriptor that tells of them.
int signals_open(void);
// Sends `signal` to the process of the container in domain `domid`, a negative one to
// all its processes; -ESRCH when there is no such domain.
int signal_guest(unsigned domid, int signal);
// The same for a guest of the container's own, which is asked to power off if the signal
// ends a process that does not handle it.
int signal_own_guest(unsigned domid, int signal);

// Executes a program in the network namespace of process `pid`; returns only when
// it can't, with the exit code that says so.
int enter_network(unsigned pid, const char *path, char **args, char **env);

// Executes a program, in a root directory with nothing but `list`, that is to be killed
// when its parent dies; returns only when it can't, with the exit code that says so.
int image_run(const struct share_list *list, const char *directory, char **args);

// Prints the host name of the UTS namespace at `path`.
int print_hostname(const char *path);

// Tells Xen's network backend that the vif whose backend node in xenstore is `path`
// is set up, as hotplug scripts do: the wiring follows before the domain runs.
int vif_is_connected(const char *path);
// Connects the disk whose backend node in xenstore is `path`, as hotplug scripts do: to a
// loop device if it is a file.
int vbd_connect(const char *path);
// Makes the file system that is mounted at `path` read-only, or writable again, wherever
// it is mounted; returns the exit code.
int remount(const char *path, bool readonly);
// Prints the address that the guest says to have on an interface by DHCP, or nothing.
int vif_print_address(unsigned domid, const char *name);
// Leaves the text on standard input, at most 256 KiB of lines, in vm-data/network/0, 1
// ... of the domain, whole lines in each; -ESRCH when there is no such domain.
int vif_tell_guest(unsigned domid);
