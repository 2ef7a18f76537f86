// The numbers on which Dom0 and guest agree.
#pragma once

enum {
    FIRST_SLOT = 1, // of a container that is alone in its domain
    // Console 0 is the kernel's, 1 that of the container that the domain boots with. 2 is its
    // errors', where it has no terminal. A process that is added later takes the first free one.
    FIRST_ADDED_CONSOLE = 2,
    LAST_CONSOLE = 63,
    MAX_RECORD = 8 << 20, // bytes of a record that comes over a console
    MAX_SHARES = 32,      // 9pfs devices of one monitor, the rootfs included
    LAST_SHARE = 255,     // the highest number of a domain's 9pfs devices, which begin with 0
    MAX_EXPORTS = 256,    // files and directories in all of these
    MAX_DISKS = 24,       // block devices of a domain as volumes: /dev/xvdc to /dev/xvdz
    EXIT_GUEST = 125,     // exit status: the guest has failed to start the process
};
