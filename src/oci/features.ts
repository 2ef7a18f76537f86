import { capabilityNames } from './capabilities.ts';
import { hookNames } from './hooks.ts';
import { mountOptionNames } from './mount-options.ts';
import { actions, architectures, flags, operators } from './seccomp.ts';
import { ociVersion } from './version.ts';

/** The Features document of the runtime specification (features.md). */
export const features = {
  ociVersionMin: '1.0.0',
  ociVersionMax: ociVersion,
  hooks: hookNames,
  mountOptions: mountOptionNames,
  linux: {
    namespaces: ['cgroup', 'ipc', 'mount', 'network', 'pid', 'user', 'uts'],
    capabilities: capabilityNames,
    cgroup: { v1: false, v2: false, systemd: false, systemdUser: false, rdma: false },
    seccomp: {
      enabled: true,
      actions,
      operators,
      archs: architectures,
      knownFlags: flags,
      supportedFlags: flags,
    },
    apparmor: { enabled: false },
    selinux: { enabled: false },
    intelRdt: { enabled: false },
    mountExtensions: { idmap: { enabled: false } },
  },
  potentiallyUnsafeConfigAnnotations: ['io.runx.'],
};
