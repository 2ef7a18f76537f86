// A domain as Dom0 finds it in xenstore.
#pragma once

#include "../protocol/xenstore.h"

#include <stdbool.h>

enum { DOMAIN_NAME_MAX = 128 };

struct domain {
    unsigned id;                // 0: not created yet
    char name[DOMAIN_NAME_MAX]; // empty: not named yet
};

struct node {
    char path[256];
};

// The node of a domain that one of the formats of src/protocol/nodes.h stands for.
struct node domain_node(unsigned domid, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
// 0, -ESRCH when there is no such domain, or another negative errno.  A transaction that
// writes for a domain asks first: it would make the nodes of one that is gone.
int domain_exists(struct xenstore *xs, unsigned domid);
// Finds the number of the domain with this name, which goes into `domain`; 0, -ESRCH when there
// is no such domain, or another negative errno.
int domain_find(struct xenstore *xs, struct domain *domain);
// Whether the domain is there under its name; a later one may have its number.
bool domain_is_there(struct xenstore *xs, const struct domain *domain);
