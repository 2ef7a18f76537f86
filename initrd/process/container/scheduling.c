#define _GNU_SOURCE
#include "scheduling.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
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

static int set_scheduler(const char *text) {
    struct attributes a = {.size = sizeof a};
    unsigned long long flags, runtime, deadline, period;
    if (sscanf(text, "%u %llu %d %u %llu %llu %llu", &a.policy, &flags, &a.nice, &a.priority,
               &runtime, &deadline, &period) != 7)
        return -1;
    a.flags = flags;
    a.runtime = runtime;
    a.deadline = deadline;
    a.period = period;
    return (int)syscall(SYS_sched_setattr, 0, &a, 0);
}

const char *scheduling_apply(const struct process *process) {
    if (process->personality && personality(strtoul(process->personality, NULL, 10)) < 0)
        return "setting the personality";
    if (process->io_priority &&
        syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, atoi(process->io_priority)) < 0)
        return "setting the I/O priority";
    if (process->scheduler && set_scheduler(process->scheduler) < 0) return "setting the scheduler";
    return NULL;
}
