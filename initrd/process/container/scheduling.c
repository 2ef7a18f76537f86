#define _GNU_SOURCE
#include "scheduling.h"

#include <stdint.h>
#include <sys/personality.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { IOPRIO_WHO_PROCESS = 1 };

// linux/sched/types.h, first version.
struct attributes {
    uint32_t size, policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime, deadline, period;
};

static int set_scheduler(const struct scheduler_record *wanted) {
    const struct attributes a = {.size = sizeof a,
                                 .policy = wanted->policy,
                                 .flags = wanted->flags,
                                 .nice = wanted->nice,
                                 .priority = wanted->priority,
                                 .runtime = wanted->runtime,
                                 .deadline = wanted->deadline,
                                 .period = wanted->period};
    return (int)syscall(SYS_sched_setattr, 0, &a, 0);
}

const char *scheduling_apply(const struct process *process) {
    if (personality(process->personality) < 0) return "setting the personality";
    if (process->io_priority >= 0 &&
        syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, process->io_priority) < 0)
        return "setting the I/O priority";
    if (process->scheduler && set_scheduler(process->scheduler) < 0) return "setting the scheduler";
    return NULL;
}
