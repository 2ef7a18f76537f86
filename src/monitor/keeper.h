// The keeper of a domain: a process outside the namespaces of the domain's owner, where xl has
// to run.  It answers what the owner asks, and when the owner has died first, it destroys the
// domain.  The owner is the monitor of a container that has a domain of its own, or whatever
// else holds the other end of the socket.
#pragma once

#include "../host/domain.h"

enum domain_state {
    DOMAIN_RUNNING = 'r',
    DOMAIN_GONE = 'g', // or about to be
    DOMAIN_POWERED_OFF = 'e',
    DOMAIN_REBOOTED = 'b',
    DOMAIN_SUSPENDED = 's',
    DOMAIN_CRASHED = 'c',
    DOMAIN_ENDED_BY_WATCHDOG = 'w',
    DOMAIN_ENDED = '?', // for a reason that has no letter here
};

// The owner's side.  Tells which domain it is, as far as its name and number are known.
void keeper_name(int keeper, const struct domain *domain);
// How the domain is; running, too, when that cannot be learned.
enum domain_state keeper_state(int keeper);
// Returns when the domain is destroyed, with what Dom0 has of its devices.
void keeper_destroy(int keeper);

// The keeper itself; `xl` is the path of the tool.
_Noreturn void keeper_run(const char *xl, int owner);
