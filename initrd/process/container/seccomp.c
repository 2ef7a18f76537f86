#define _GNU_SOURCE
#include "seccomp.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int digit(char c) {
    static const char digits[] = "0123456789abcdef";
    const char *found = c ? strchr(digits, c) : NULL;
    return found ? (int)(found - digits) : -1;
}

// Bytes as two hexadecimal digits each; how many, -1 if it is anything else.
static ssize_t decode(const char *hex, unsigned char *bytes, size_t size) {
    size_t count = 0;
    for (; *hex; hex += 2, count++) {
        int high = digit(hex[0]), low = high < 0 ? -1 : digit(hex[1]);
        if (low < 0 || count == size) return -1;
        bytes[count] = (unsigned char)(high << 4 | low);
    }
    return (ssize_t)count;
}

const char *seccomp_install(const struct process *process) {
    static struct sock_filter filter[BPF_MAXINSNS];
    if (!process->seccomp) return NULL;
    ssize_t size = decode(process->seccomp, (unsigned char *)filter, sizeof filter);
    if (size < 0 || (size_t)size % sizeof *filter) {
        errno = EINVAL;
        return "reading the seccomp filter";
    }
    const struct sock_fprog program = {(unsigned short)((size_t)size / sizeof *filter), filter};
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, process->seccomp_flags, &program) < 0)
        return "installing the seccomp filter";
    return NULL;
}
