// A client of xenstore over /dev/xen/xenbus, which every Xen domain has.  One
// request at a time; watch events that arrive meanwhile are remembered as bits.
// Wire format: xen/docs/misc/xenstore.txt.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define XENSTORE_MAX 4096 // XENSTORE_PAYLOAD_MAX: a request's or reply's body

struct xenstore {
    int fd;
    uint32_t events;      // bit N: the watch with token N fired
    uint32_t transaction; // of which all requests are a part; 0: there is none
};

// All return 0 or a length, or a negative errno.
int xenstore_open(struct xenstore *xs);
void xenstore_close(struct xenstore *xs);
// Reads a node as a NUL-terminated string; the length comes back.
int xenstore_read(struct xenstore *xs, const char *path, char *value, size_t size);
// Lists the names in a directory, each with a NUL behind it; their length comes back.
int xenstore_list(struct xenstore *xs, const char *path, char names[XENSTORE_MAX + 1]);
int xenstore_write(struct xenstore *xs, const char *path, const char *value);
int xenstore_remove(struct xenstore *xs, const char *path);
// Gives path to the domain `owner` and lets the domain `reader` read it too.
int xenstore_set_owner(struct xenstore *xs, const char *path, unsigned owner, unsigned reader);
// Sets bit `token` (0 to 31) of events whenever path or what is below it changes.
int xenstore_watch(struct xenstore *xs, const char *path, unsigned token);
// Begins a transaction.  See transaction.h, which does it again where that is needed.
int xenstore_begin(struct xenstore *xs);
// Ends a transaction, with effect or without; -EAGAIN when another writer was faster
// and all is to be done again.
int xenstore_end(struct xenstore *xs, bool commit);
// Takes in the watch events that are ready on fd.
int xenstore_receive(struct xenstore *xs);
