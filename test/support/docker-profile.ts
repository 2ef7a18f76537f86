import syscalls from '../../src/guest/seccomp/syscalls.json' with { type: 'json' };

// What docker's default profile keeps from a container with docker's default
// capabilities, on amd64; it allows all other system calls by name.
const withheld = `
  _sysctl acct add_key afs_syscall arm_fadvise64_64 arm_sync_file_range bdflush bpf break
  breakpoint cacheflush clock_settime clock_settime64 create_module delete_module
  fanotify_init finit_module fsconfig fsmount fsopen fspick ftime get_kernel_syms
  get_mempolicy get_tls getpmsg gtty idle init_module io_uring_enter io_uring_register
  io_uring_setup ioperm iopl kcmp kexec_file_load kexec_load keyctl lock lookup_dcookie
  mbind migrate_pages mount mount_setattr move_mount move_pages mpx nfsservctl nice
  oldfstat oldlstat oldolduname oldstat olduname open_by_handle_at open_tree
  pciconfig_iobase pciconfig_read pciconfig_write perf_event_open pidfd_getfd pivot_root
  process_madvise prof profil putpmsg query_module quotactl quotactl_fd readdir reboot
  request_key security set_mempolicy set_mempolicy_home_node set_tls setdomainname
  sethostname setns settimeofday sgetmask sigaction signal sigpending sigsuspend ssetmask
  stime stty swapoff swapon sync_file_range2 sysfs syslog tuxcall ulimit umount umount2
  unshare uselib userfaultfd usr26 usr32 ustat vhangup vm86 vm86old vserver`;
// Allowed by the value of an argument, or not there.
const special = ['clone', 'clone3', 'personality', 'socket'];

const kept = new Set([...withheld.trim().split(/\s+/), ...special]);

const allow = (name: string, index: number, op: string, value: number): object => ({
  names: [name],
  action: 'SCMP_ACT_ALLOW',
  args: [{ index, value, op: `SCMP_CMP_${op}` }],
});

// Every bit that makes a namespace: CLONE_NEWNS to CLONE_NEWNET.
const namespaces = 0x7e02_0000;
const personalities = [0, 0x8, 0x2_0000, 0x2_0008, 0xffff_ffff];

/** linux.seccomp as docker writes it, but for system calls newer than the guest kernel. */
export const dockerProfile = {
  defaultAction: 'SCMP_ACT_ERRNO',
  defaultErrnoRet: 1,
  architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'],
  syscalls: [
    {
      names: Object.keys(syscalls.numbers).filter((name) => !kept.has(name)),
      action: 'SCMP_ACT_ALLOW',
    },
    allow('socket', 0, 'LT', 38),
    allow('socket', 0, 'EQ', 39),
    allow('socket', 0, 'GT', 40),
    ...personalities.map((value) => allow('personality', 0, 'EQ', value)),
    allow('clone', 0, 'MASKED_EQ', namespaces),
    { names: ['clone3'], action: 'SCMP_ACT_ERRNO', errnoRet: 38 },
  ],
};
