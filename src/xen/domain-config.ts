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

// xl understands \", \\ and \n; its \x and octal escapes drop the character (seen on Xen 4.17).
// Every other byte stands for itself.
const quote = (value: string): string =>
  `"${value.replaceAll(/["\\]/g, '\\$&').replaceAll('\n', '\\n')}"`;

const comment = (value: string): string => value.replaceAll(/[^\x20-\x7e]/g, '?');

/** Renders the file that `xl create` reads. */
export const renderDomainConfig = (config: DomainConfig): string =>
  [
    `# written by runx for the bundle ${comment(config.bundle)}`,
    `name = ${quote(config.name)}`,
    `uuid = ${quote(config.uuid)}`,
    `type = ${quote(config.type)}`,
    `kernel = ${quote(config.kernel)}`,
    ...(config.ramdisk === undefined ? [] : [`ramdisk = ${quote(config.ramdisk)}`]),
    `extra = ${quote(config.kernelArguments)}`,
    ...renderSize(config),
    ...(config.shares.length === 0
      ? []
      : [
          `p9 = [ ${config.shares.map(({ tag, path }) => quote(renderShare(tag, path))).join(', ')} ]`,
        ]),
    ...(config.disks.length === 0
      ? []
      : [
          `disk = [ ${config.disks.map((disk) => quote(renderDisk(disk, config.diskScript))).join(', ')} ]`,
        ]),
    // The domain must stay until the monitor has read its exit status, and must not restart.
    ...['poweroff', 'reboot', 'crash', 'watchdog'].map((event) => `on_${event} = "preserve"`),
    '',
  ].join('\n');

const renderSize = (size: DomainSize): string[] => [
  `memory = ${size.memoryMiB}`,
  ...(size.maxMemoryMiB > size.memoryMiB ? [`maxmem = ${size.maxMemoryMiB}`] : []),
  `vcpus = ${size.vcpus}`,
  ...(size.maxVcpus > size.vcpus ? [`maxvcpus = ${size.maxVcpus}`] : []),
  ...(size.cpuset === undefined ? [] : [`cpus = ${quote(size.cpuset)}`]),
  ...(size.cpuWeight === undefined ? [] : [`cpu_weight = ${size.cpuWeight}`]),
  ...(size.cap === undefined ? [] : [`cap = ${size.cap}`]),
];

const renderShare = (tag: string, path: string): string =>
  `tag=${tag},security_model=none,path=${path}`;

// xl takes everything after "target=" literally, so the path can hold any character.  With an own
// script, xl does not start a QEMU for the file.
const renderDisk = ({ device, file, readonly }: Disk, script: string): string =>
  `format=raw,vdev=${device},access=${readonly ? 'ro' : 'rw'},backendtype=phy,script=${script},target=${file}`;
