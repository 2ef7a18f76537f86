// The options of the command line, of all subcommands.
#pragma once

#include "../backend/9p/share_list.h"
#include "../protocol/limits.h"

#include <stdbool.h>
#include <sys/ioctl.h>

struct options {
    const char *state_directory;
    const char *id;             // the container's id, for messages
    unsigned slot;              // the container's number in its domain
    const char *xl;             // path of the xl tool
    const char *console_socket; // NULL: the terminal, if any, is the inherited one
    const char *network;        // path of the network namespace; NULL: one of its own
    const char *hostname;       // of the UTS namespace; NULL: the host's
    bool terminal;
    struct winsize window;     // the terminal's, until somebody resizes it; 0: unknown
    bool own_guest;            // boots a ramdisk of its own, or none: nothing in it knows of runx
    bool keep_output;          // in the state directory, and for who attaches
    struct share_list *shares; // by 9P
    const char *diod;          // path of the 9P server
    const char *domain;        // the container's domain, by name
    unsigned domid;            // and by number
    const char *disks[MAX_DISKS]; // block devices that are the container's alone
    unsigned disk_count;
    bool try; // do not wait
};

// The letters of an option, of which main.c's table is made.
#define OPTION_STATE "s"
#define OPTION_ID "i"
#define OPTION_SLOT "N"
#define OPTION_XL "x"
#define OPTION_TERMINAL "t"
#define OPTION_WINDOW "W"
#define OPTION_CONSOLE_SOCKET "c"
#define OPTION_NETWORK "w"
#define OPTION_HOSTNAME "h"
#define OPTION_OWN_GUEST "o"
#define OPTION_KEEP_OUTPUT "k"
#define OPTION_DISK "b"
#define OPTION_DIOD "d"
#define OPTION_SHARE "r"
#define OPTION_EXPORT "e"
#define OPTION_DOMAIN "n"
#define OPTION_DOMID "D"
#define OPTION_TRY "T"

// Takes the options whose letters are in `needs`, each of which must be there, and in
// `takes`.  The index in `argv` of the first word behind them, or -1 when they are wrong.
struct option_letters {
    const char *needs, *takes;
};
int options_parse(struct options *options, struct option_letters letters, int argc, char **argv);
