#include "guest_signal.h"
#include "../protocol/nodes.h"
#include "../protocol/transaction.h"
#include "domain.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

struct request {
    unsigned domid;
    unsigned slot; // 0: the guest is to power off
    int signal;
};

static int append(struct xenstore *xs, const struct request *request) {
    enum { QUEUE_MAX = 256, WORD_MAX = 24 };
    char queue[QUEUE_MAX];
    const struct node node = domain_node(request->domid, NODE_SIGNALS);
    int length = xenstore_read(xs, node.path, queue, sizeof queue - WORD_MAX);
    if (length == -ENOENT) length = 0;
    if (length < 0) return length; // a guest that takes no signals fills its queue
    snprintf(queue + length, WORD_MAX, "%u:%d ", request->slot, request->signal);
    return xenstore_write(xs, node.path, queue);
}

// A kernel that is still booting powers off when control/shutdown is written, since it cannot
// run a command; our guest looks into the queue by itself once it has said that it is ready.
static bool is_booting(struct xenstore *xs, const struct request *request) {
    char ready[XENSTORE_MAX + 1];
    const struct node node = domain_node(request->domid, NODE_READY, request->slot);
    return xenstore_read(xs, node.path, ready, sizeof ready) == -ENOENT;
}

// The guest's kernel runs its power-off command when control/shutdown is written; ours takes
// the words of the queue and sends them.
static int ask(struct xenstore *xs, void *context) {
    const struct request *request = context;
    int rc = domain_exists(xs, request->domid);
    if (rc == 0 && request->slot != 0) rc = append(xs, request);
    if (rc < 0 || (request->slot != 0 && is_booting(xs, request))) return rc;
    return xenstore_write(xs, domain_node(request->domid, NODE_SHUTDOWN).path, "poweroff");
}

static int send(struct request request) {
    struct xenstore xs;
    int rc = xenstore_open(&xs);
    if (rc < 0) return rc;
    rc = transaction_run(&xs, ask, &request);
    xenstore_close(&xs);
    return rc;
}

int guest_signal(unsigned domid, unsigned slot, int signal) {
    return send((struct request){domid, slot, signal});
}

int guest_power_off(unsigned domid, int signal) {
    const int harmless[] = {SIGCHLD, SIGCONT, SIGURG, SIGWINCH, SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU};
    for (size_t i = 0; i < sizeof harmless / sizeof *harmless; i++)
        if (abs(signal) == harmless[i]) return 0;
    return send((struct request){.domid = domid});
}
