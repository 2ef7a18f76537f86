import { findMke2fs } from '../rootfs/layer.ts';
import type { Log } from '../log.ts';
import { hostArchitecture } from './binary.ts';
import { checkConfiguration, findConfiguration } from './configuration.ts';
import { checkDaemons, findProcessNames } from './daemons.ts';
import { checkDevices, findXenDevices } from './devices.ts';
import { checkDirectories, findDirectory } from './directories.ts';
import { checkDom0, findDom0 } from './dom0.ts';
import { checkGuestFiles, findGuestFiles } from './guest.ts';
import { checkKernelOptions } from './kernel-options.ts';
import { checkModules, findModules } from './modules.ts';
import { checkCni, findCni } from './networks.ts';
import { checkDisk, checkLayer, checkNinep, findNinep } from './ninep.ts';
import type { Point } from './point.ts';
import { checkIproute, checkMount, findProgramFacts } from './programs.ts';
import { checkXen, domainType } from './xen.ts';
import { checkXl, findXlFacts } from './xl.ts';

interface CheckOptions {
  /** The value of --config. */
  readonly configFile: string | undefined;
  /** The value of --root. */
  readonly root: string | undefined;
  readonly log: Log;
}

/** Checks whether this host can run containers, without changing anything on it. */
export const checkHost = async (options: CheckOptions): Promise<readonly Point[]> => {
  const { configFile, log } = options;
  const configuration = await findConfiguration(configFile);
  const { config } = configuration;
  const find = (name: string, ...words: string[]) => findProgramFacts(name, words, log);
  const [
    dom0,
    xlFacts,
    processes,
    devices,
    ninep,
    guest,
    modules,
    cni,
    state,
    data,
    ip,
    mount,
    mkfs,
    mke2fs,
  ] = await Promise.all([
    findDom0(),
    findXlFacts(config.xl, log),
    findProcessNames(),
    findXenDevices(),
    findNinep(config.diod, log),
    findGuestFiles(config),
    findModules(),
    findCni(config),
    findDirectory(options.root ?? config.root),
    findDirectory(config.data_root),
    Promise.all([find('ip', '-V'), find('tc', '-V')]),
    Promise.all([find('mount'), find('umount')]),
    find(config.mkfs_erofs),
    findMke2fs(),
  ]);
  const xl = checkXl(xlFacts);
  const host = hostArchitecture();
  const type = domainType(config.domain_type, xl.xen);
  const disk = { asked: config.rootfs, mkfs };
  return [
    checkConfiguration(configuration),
    ...checkDom0(dom0),
    xl.point,
    ...(xl.xen === undefined ? [] : checkXen(xl.xen, config)),
    ...checkDaemons(processes, xlFacts.hasXenstoreDomain),
    checkDevices(devices),
    ...checkGuestFiles(guest, host),
    ...checkKernelOptions(guest.options, config.kernel, type, host),
    checkNinep(ninep, xl.xen, disk),
    checkDisk(disk),
    ...checkLayer(config.writable_layer, mke2fs),
    ...checkDirectories(state, data),
    ...checkModules(modules),
    checkIproute(ip),
    checkMount(mount),
    ...checkCni(cni),
  ];
};
