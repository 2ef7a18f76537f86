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
    found: `${xen_version} is older than runx is made for`,
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
    found: `${scheduler} has neither weights nor caps of CPU time`,
    remedy: 'boot Xen with sched=credit2',
  };
};

const types = ['pv', 'pvh'] as const;

/** The type of the domains; undefined where it is up to a Xen of which it is not known. */
export const domainType = (
  asked: Config['domain_type'],
  info: XenInfo | undefined,
): DomainType | undefined => (asked === 'auto' ? offeredTypes(info?.xen_caps ?? [])[0] : asked);

const checkDomainType = (info: XenInfo, { domain_type: asked }: Config): Point => {
  const offered = offeredTypes(info.xen_caps);
  const wanted = domainType(asked, info) ?? 'pv';
  if (offered.includes(wanted)) {
    const others = types.filter((type) => type !== wanted && !offered.includes(type));
    const found = [wanted, ...others.map((type) => `no ${type} on this host`)].join(', ');
    return { name: 'domain-type', status: 'ok', found };
  }
  const [other] = offered;
  const hardware = 'enable virtualization (AMD-V, VT-x) in the firmware';
  return {
    name: 'domain-type',
    status: 'error',
    found: `no ${wanted} on this host`,
    remedy:
      other === undefined ? hardware : `set domain_type = "${other}" in runx.toml, or ${hardware}`,
  };
};

/**
 * Free memory against what a container gets.  Unless Dom0 has a fixed size, xl takes what
 * is missing from it (xl.conf(5), autoballoon).
 */
const checkMemory = (info: XenInfo, { memory_mib: wanted }: Config): Point => {
  const { free_memory: free, total_memory: total } = info;
  const found = `${free} of ${total} MiB free`;
  if (free >= wanted) return { name: 'memory', status: 'ok', found };
  if (!info.xen_commandline.some((word) => word.startsWith('dom0_mem='))) {
    return {
      name: 'memory',
      status: 'warning',
      found: `${found}: what a container needs, ${wanted} MiB by default, is taken from Dom0`,
      remedy: "give Dom0 a fixed size: dom0_mem=2G,max:2G on Xen's command line",
    };
  }
  const isEnough = free >= minimumMiB;
  return {
    name: 'memory',
    status: isEnough ? 'warning' : 'error',
    found: isEnough
      ? `${found}: too little for a container without a limit, which gets ${wanted} MiB`
      : `${found}, and a container needs ${minimumMiB}`,
    remedy: isEnough
      ? 'end other domains, lower memory_mib in runx.toml, or lower dom0_mem'
      : 'end other domains, or lower dom0_mem',
  };
};

/** What Xen itself has to offer. */
export const checkXen = (info: XenInfo, config: Config): readonly Point[] => [
  checkVersion(info),
  checkDomainType(info, config),
  checkScheduler(info),
  checkMemory(info, config),
];
