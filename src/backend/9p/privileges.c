#define _GNU_SOURCE
#include "privileges.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <unistd.h>

enum { NOBODY = 65534 };

bool privileges_drop(void) {
    // A directory where nothing can be made, and whose files tell of this process alone.
    return chroot("/proc/self/fdinfo") == 0 && chdir("/") == 0 && setgroups(0, NULL) == 0 &&
           setresgid(NOBODY, NOBODY, NOBODY) == 0 && setresuid(NOBODY, NOBODY, NOBODY) == 0 &&
           prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}

bool privileges_keep_to_serve(void) {
    const unsigned kept[] = {CAP_CHOWN,  CAP_DAC_OVERRIDE, CAP_FOWNER, CAP_FSETID,
                             CAP_SETUID, CAP_SETGID,       CAP_MKNOD,  CAP_SETFCAP};
    for (unsigned capability = 0; capability < 64; capability++) {
        bool keep = false;
        for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) keep |= kept[i] == capability;
        if (!keep && prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0 && errno != EINVAL)
            return false;
    }
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}
