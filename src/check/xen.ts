import type { Config } from '../config.ts';
import { minimumMiB } from '../domain/memory.ts';
import { type DomainType, offeredTypes } from '../xen/domain-type.ts';
import type { XenInfo } from '../xen/info.ts';
import type { Point } from './point.ts';

const oldest = { major: 4, minor: 14 };

const checkVersion = ({ xen_major: major, xen_minor: minor, xen_version }: XenInfo): Point => {
  const isOld = major < oldest.major || (major === oldest.major && minor < oldest.minor);
  if (!isOld) return { name: 'xen', status: 'ok', found: xen_version };
  return {
    name: 'xen',
    status: 'warning',
    found: `${xen_version} is older than the versions that runx supports`,
    remedy: `use Xen ${oldest.major}.${oldest.minor} or newer`,
  };
};

const checkScheduler = ({ xen_scheduler: scheduler }: XenInfo): Point => {
  if (scheduler === 'credit' || scheduler === 'credit2') {
    return { name: 'scheduler', status: 'ok', found: scheduler };
  }
  return {
    name: 'scheduler',
    status: 'warning',
    found: `the scheduler ${scheduler} has no weights and no caps, so CPU limits have no effect`,
    remedy: 'boot Xen with sched=credit2',
  };
};

const types = ['pv', 'pvh'] as const;

/** The type of the domains; undefined if it depends on a Xen that did not answer. */
export const domainType = (
  asked: Config['domain_type'],
  info: XenInfo | undefined,
): DomainType | undefined => (asked === 'auto' ? offeredTypes(info?.xen_caps ?? [])[0] : asked);

const checkDomainType = (info: XenInfo, { domain_type: asked }: Config): Point => {
  const offered = offeredTypes(info.xen_caps);
  const wanted = domainType(asked, info) ?? 'pv';
  if (offered.includes(wanted)) {
    const others = types.filter((type) => type !== wanted && !offered.includes(type));
    const found = [wanted, ...others.map((type) => `this host has no ${type}`)].join('; ');
    return { name: 'domain-type', status: 'ok', found };
  }
  const [other] = offered;
  const hardware = 'enable virtualization (AMD-V, VT-x) in the firmware';
  return {
    name: 'domain-type',
    status: 'error',
    found: `this host has no ${wanted}`,
    remedy:
      other === undefined ? hardware : `set domain_type = "${other}" in runx.toml, or ${hardware}`,
  };
};

/**
 * Compares the free memory with the memory of a container.  Unless Dom0 has a fixed size, xl takes
 * the missing memory from Dom0 (xl.conf(5), autoballoon).
 */
const checkMemory = (info: XenInfo, { memory_mib: wanted }: Config): Point => {
  const { free_memory: free, total_memory: total } = info;
  const found = `${free} of ${total} MiB free`;
  if (free >= wanted) return { name: 'memory', status: 'ok', found };
  if (!info.xen_commandline.some((word) => word.startsWith('dom0_mem='))) {
    return {
      name: 'memory',
      status: 'warning',
      found: `${found}: a container needs ${wanted} MiB by default, which xl takes from Dom0`,
      remedy: 'give Dom0 a fixed size: dom0_mem=2G,max:2G on the command line of Xen',
    };
  }
  const isEnough = free >= minimumMiB;
  return {
    name: 'memory',
    status: isEnough ? 'warning' : 'error',
    found: isEnough
      ? `${found}: too little for a container without a memory limit, which gets ${wanted} MiB`
      : `${found}: too little for any container, which needs ${minimumMiB} MiB`,
    remedy: isEnough
      ? 'stop other domains, lower memory_mib in runx.toml, or lower dom0_mem'
      : 'stop other domains, or lower dom0_mem',
  };
};

/** Judges the version, domain types, scheduler and memory of Xen. */
export const checkXen = (info: XenInfo, config: Config): readonly Point[] => [
  checkVersion(info),
  checkDomainType(info, config),
  checkScheduler(info),
  checkMemory(info, config),
];
