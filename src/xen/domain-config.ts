import type { DomainType } from './domain-type.ts';

/** How much of the host a domain has. */
export interface DomainSize {
  readonly memoryMiB: number;
  /** To what the memory can grow; the guest keeps records for that much from the start. */
  readonly maxMemoryMiB: number;
  readonly vcpus: number;
  readonly maxVcpus: number;
  /** Share of CPU time against other domains; Xen's default is 256. */
  readonly cpuWeight?: number | undefined;
  /** CPU time at most, in percent of one CPU. */
  readonly cap?: number | undefined;
  /** The host's CPUs to run on, such as "0-2,5". */
  readonly cpuset?: string | undefined;
}

/** What runx writes into a domain configuration (xl.cfg(5)). */
export interface DomainConfig extends DomainSize {
  /** Said in a comment: where the domain comes from. */
  readonly bundle: string;
  readonly name: string;
  readonly uuid: string;
  readonly type: DomainType;
  readonly kernel: string;
  readonly ramdisk: string | undefined;
  /** Arguments of the guest's kernel; of the container's only if it brings its own guest. */
  readonly kernelArguments: string;
  readonly shares: readonly { readonly tag: string; readonly path: string }[];
  readonly disks: readonly Disk[];
  /** The program that connects disks; its path has no comma. */
  readonly diskScript: string;
}

/** A disk of the domain. */
export interface Disk {
  /** Its name there, such as xvda. */
  readonly device: string;
  /** A file of the host, or a block device. */
  readonly file: string;
  readonly readonly: boolean;
}

// xl reads \", \\ and \n back; its \x and octal escapes lose the character (seen on
// Xen 4.17), and every other byte stands for itself.
const quote = (value: string): string =>
  `"${value.replaceAll(/["\\]/g, '\\$&').replaceAll('\n', '\\n')}"`;

const comment = (value: string): string => value.replaceAll(/[^\x20-\x7e]/g, '?');

/** The domain configuration as text for `xl create`. */
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
    // The domain stays until the monitor has read how it ended, and never restarts.
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

// The target comes last and is taken as it is.  A script of our own also means that xl
// leaves the file to it, where it would start a QEMU.
const renderDisk = ({ device, file, readonly }: Disk, script: string): string =>
  `format=raw,vdev=${device},access=${readonly ? 'ro' : 'rw'},backendtype=phy,script=${script},target=${file}`;
