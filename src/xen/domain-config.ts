import { RunxError } from '../errors.ts';
import type { DomainType } from './domain-type.ts';

/** The memory and CPUs of a domain. */
export interface DomainSize {
  readonly memoryMiB: number;
  /** The maximum of the memory; the guest keeps page records for all of it from the start. */
  readonly maxMemoryMiB: number;
  readonly vcpus: number;
  readonly maxVcpus: number;
  /** Weight of the domain's CPU time against other domains; Xen's default is 256. */
  readonly cpuWeight?: number | undefined;
  /** Limit of the CPU time, in percent of one CPU. */
  readonly cap?: number | undefined;
  /** The host CPUs on which the domain may run, such as "0-2,5". */
  readonly cpuset?: string | undefined;
}

/** The contents of a domain configuration (xl.cfg(5)). */
export interface DomainConfig extends DomainSize {
  /** Path of the bundle, for a comment. */
  readonly bundle: string;
  readonly name: string;
  readonly uuid: string;
  readonly type: DomainType;
  readonly kernel: string;
  readonly ramdisk: string | undefined;
  /** The command line of the guest kernel. */
  readonly kernelArguments: string;
  readonly shares: readonly { readonly tag: string; readonly path: string }[];
  readonly disks: readonly Disk[];
  /** Path, without a comma, of the hotplug script for disks. */
  readonly diskScript: string;
}

/** A disk of a domain. */
export interface Disk {
  /** Name in the domain, such as xvda. */
  readonly device: string;
  /** Path of a file or block device of the host. */
  readonly file: string;
  readonly readonly: boolean;
}

const control = /\p{Cc}/u;

// A newline in the path of a disk begins another attribute of it, and xl cannot escape most others.
const checkPlain = (name: string, value: string): string => {
  if (!control.test(value)) return value;
  throw new RunxError(
    `domain configuration: ${name} ${JSON.stringify(value)} must not contain control characters`,
  );
};

// xl understands \" and \\; its \x and octal escapes drop the character (seen on Xen 4.17).
// Every other byte stands for itself.
const quote = (value: string): string => `"${value.replaceAll(/["\\]/g, '\\$&')}"`;

const renderSetting = (name: string, value: string): string =>
  `${name} = ${quote(checkPlain(name, value))}`;

const comment = (value: string): string => value.replaceAll(/[^\x20-\x7e]/g, '?');

/** Renders the file that `xl create` reads. */
export const renderDomainConfig = (config: DomainConfig): string =>
  [
    `# written by runx for the bundle ${comment(config.bundle)}`,
    renderSetting('name', config.name),
    renderSetting('uuid', config.uuid),
    renderSetting('type', config.type),
    renderSetting('kernel', config.kernel),
    ...(config.ramdisk === undefined ? [] : [renderSetting('ramdisk', config.ramdisk)]),
    renderSetting('extra', config.kernelArguments),
    ...renderSize(config),
    ...renderDevices(config),
    // The domain must stay until the monitor has read its exit status, and must not restart.
    ...['poweroff', 'reboot', 'crash', 'watchdog'].map((event) => `on_${event} = "preserve"`),
    '',
  ].join('\n');

const renderSize = (size: DomainSize): string[] => [
  `memory = ${size.memoryMiB}`,
  ...(size.maxMemoryMiB > size.memoryMiB ? [`maxmem = ${size.maxMemoryMiB}`] : []),
  `vcpus = ${size.vcpus}`,
  ...(size.maxVcpus > size.vcpus ? [`maxvcpus = ${size.maxVcpus}`] : []),
  ...(size.cpuset === undefined ? [] : [renderSetting('cpus', size.cpuset)]),
  ...(size.cpuWeight === undefined ? [] : [`cpu_weight = ${size.cpuWeight}`]),
  ...(size.cap === undefined ? [] : [`cap = ${size.cap}`]),
];

/** The devices of a domain whose paths config.json or runx.toml has chosen. */
type Devices = Pick<DomainConfig, 'shares' | 'disks' | 'diskScript'>;

/** Renders the settings of devices; throws RunxError for a path that xl would read as another. */
export const renderDevices = ({ shares, disks, diskScript }: Devices): readonly string[] => [
  ...renderList('p9', shares.map(renderShare)),
  ...renderList(
    'disk',
    disks.map((disk) => renderDisk(disk, diskScript)),
  ),
];

const renderList = (name: string, values: readonly string[]): string[] =>
  values.length === 0 ? [] : [`${name} = [ ${values.map(quote).join(', ')} ]`];

const checkWord = (name: string, value: string): string => {
  // xl splits at commas, which it cannot escape, and drops spaces around a value.
  if (!value.includes(',') && value === value.trim()) return checkPlain(name, value);
  throw new RunxError(
    `domain configuration: ${name} ${JSON.stringify(value)} must not contain a comma, or begin or end with a space`,
  );
};

const renderShare = ({ tag, path }: Devices['shares'][number]): string =>
  `tag=${checkWord('tag', tag)},security_model=none,path=${checkWord('path of a share', path)}`;

// xl takes everything after "target=" literally, up to a newline.  With an own
// script, xl does not start a QEMU for the file.
const renderDisk = ({ device, file, readonly }: Disk, script: string): string =>
  [
    'format=raw',
    `vdev=${checkWord('disk', device)}`,
    `access=${readonly ? 'ro' : 'rw'}`,
    'backendtype=phy',
    `script=${checkWord('script of a disk', script)}`,
    `target=${checkPlain('path of a disk', file)}`,
  ].join(',');
