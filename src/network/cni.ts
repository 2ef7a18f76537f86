import type { Cni, NetworkConfigurationList, Result, RuntimeConf } from 'cni-ts-client';

import type { Config } from '../config.ts';
import { RunxError, messageOf } from '../errors.ts';
import type { Log } from '../log.ts';
import type { NetworkSettings } from '../protocol/network.ts';
import {
  type Attachment,
  type Attachments,
  containerIDOf,
  findAttachments,
  listAttachments,
  removeAttachments,
  saveAttachments,
} from './attachments.ts';
import { heldNetnsPath, holdNetns, releaseNetns } from './held-netns.ts';
import { interfaceNames } from './interface-statistics.ts';
import type { StaticAddress } from './netconf.ts';
import type { Addressing } from './static-address.ts';

/** A network the container is to be added to. */
export interface PlannedNetwork extends Addressing {
  readonly address: StaticAddress | undefined;
}

interface Place {
  readonly config: Pick<Config, 'cni_path' | 'data_root'>;
  readonly log: Log;
  /** The container's state directory. */
  readonly directory: string;
}

const openCni = async (config: Place['config']): Promise<Cni> => {
  const { createCni } = await import('cni-ts-client');
  return createCni({ path: config.cni_path, cacheDir: `${config.data_root}/cni` });
};

const confOf = (
  attachments: Attachments,
  { ifName, args }: Pick<RuntimeConf, 'ifName' | 'args'>,
): RuntimeConf => ({
  containerID: attachments.containerID,
  netNS: attachments.netNS,
  ifName,
  args,
});

const parseList = async (attachment: Attachment): Promise<NetworkConfigurationList> => {
  const { parseNetworkConfiguration } = await import('cni-ts-client');
  return parseNetworkConfiguration(attachment.configuration, attachment.network);
};

/** The network with the version that all its plugins have; they are there, with their ipam. */
export const checkPlugins = async (
  config: Config,
  list: NetworkConfigurationList,
): Promise<NetworkConfigurationList> => {
  const cni = await openCni(config);
  try {
    for (const { ipam } of list.plugins) {
      if (ipam?.type !== undefined && ipam.type !== '') await cni.getVersionInfo(ipam.type);
    }
    if (list.cniVersions.length === 1) {
      await cni.validateNetworkList(list);
      return list;
    }
    const negotiated = await cni.negotiateVersion(list);
    return { ...negotiated, cniVersions: [negotiated.cniVersion] };
  } catch (error) {
    throw new RunxError(`network ${list.name}: ${messageOf(error)}`);
  }
};

const firstFree = (taken: ReadonlySet<string>): string => {
  for (let number = 0; ; number += 1) if (!taken.has(`eth${number}`)) return `eth${number}`;
};

// host-local sees to this for its own; with `static`, nobody does.
const refuseTaken = async (place: Place, own: Attachments): Promise<void> => {
  const { config, log, directory } = place;
  const all = await listAttachments(config.data_root, (why) => log.warn(why));
  for (const { network, address } of own.attachments) {
    if (address === undefined) continue;
    const holder = all.find(
      (other) =>
        other.directory !== directory &&
        other.attachments.some((one) => one.network === network && one.address === address),
    );
    if (holder === undefined) continue;
    throw new RunxError(
      `network ${network}: ${address} is taken by the container of ${holder.directory} (if that is gone: runx gc)`,
    );
  }
};

const resolvLines = ({ dns = {} }: Result): string[] => [
  ...(dns.nameservers ?? []).map((server) => `nameserver ${server}`),
  ...(dns.domain === undefined ? [] : [`domain ${dns.domain}`]),
  ...(dns.search === undefined || dns.search.length === 0
    ? []
    : [`search ${dns.search.join(' ')}`]),
  ...(dns.options === undefined || dns.options.length === 0
    ? []
    : [`options ${dns.options.join(' ')}`]),
];

const attachmentOf = ({ list, args, address }: PlannedNetwork, ifName: string): Attachment => ({
  network: list.name,
  configuration: JSON.stringify(list),
  ifName,
  args: args.map(([key, value]) => [key, value]),
  ...(address === undefined ? {} : { address: address.ip }),
});

/**
 * Adds the network namespace of process `pid` to the networks, by ADD of their plugins.
 * When it fails, the networks before that are for detachNetworks.
 */
export const attachNetworks = async (
  place: Place,
  pid: number,
  networks: readonly PlannedNetwork[],
): Promise<NetworkSettings> => {
  const { config, log, directory } = place;
  const stale = await findAttachments(config.data_root, directory);
  // Of a container of this id that a reboot has ended.
  const failures = stale === undefined ? [] : await deleteAll(config, stale);
  for (const failure of failures) log.warn(`${failure}, for an earlier container of this id`);
  await holdNetns(directory, pid, log);
  const taken = new Set(await interfaceNames(pid));
  const cni = await openCni(config);
  const settings = { dhcp: new Array<string>(), resolv: new Set<string>() };
  let attachments: Attachments = {
    version: 1,
    directory,
    containerID: containerIDOf(directory),
    netNS: heldNetnsPath(directory),
    attachments: [],
  };
  for (const network of networks) {
    const ifName = firstFree(taken);
    taken.add(ifName);
    const before = attachments;
    const attachment = attachmentOf(network, ifName);
    attachments = { ...before, attachments: [...before.attachments, attachment] };
    await saveAttachments(config.data_root, attachments);
    await refuseTaken(place, attachments);
    const conf = confOf(attachments, attachment);
    try {
      const result = await cni.addNetworkList(network.list, conf);
      for (const line of resolvLines(result)) settings.resolv.add(line);
    } catch (error) {
      if (await isUndone(cni, network.list, conf, error)) {
        await saveAttachments(config.data_root, before);
      }
      throw new RunxError(`network ${network.list.name}: ${messageOf(error)}`);
    }
    if (network.dhcp) settings.dhcp.push(ifName);
  }
  return { dhcp: settings.dhcp, resolv: [...settings.resolv] };
};

/**
 * Undoes an ADD that has failed.  A plugin whose ADD fails often cannot do a DEL either,
 * for the same reason: if it was the first, there is nothing that others have done.
 */
const isUndone = async (
  cni: Cni,
  list: NetworkConfigurationList,
  conf: RuntimeConf,
  failure: unknown,
): Promise<boolean> => {
  const { PluginError } = await import('cni-ts-client');
  try {
    await cni.delNetworkList(list, conf);
    return true;
  } catch {
    return failure instanceof PluginError && failure.plugin === list.plugins[0]?.type;
  }
};

/**
 * Takes the container out of its networks, by DEL of their plugins, in the other order.
 * All are tried; those that fail stay on record, and the first failure is the error
 * unless `force`, which warns of them.
 */
export const detachNetworks = async (
  { config, log, directory }: Place,
  { force = false }: { readonly force?: boolean } = {},
): Promise<void> => {
  const attachments = await findAttachments(config.data_root, directory);
  const failures = attachments === undefined ? [] : await deleteAll(config, attachments);
  const [failure] = failures;
  if (failure !== undefined && !force) throw new RunxError(failure);
  for (const one of failures) log.warn(`${one}; runx gc tries again`);
  await releaseNetns(directory, log);
};

/** Returns what failed. */
const deleteAll = async (
  config: Place['config'],
  attachments: Attachments,
): Promise<readonly string[]> => {
  const failures: string[] = [];
  const left: Attachment[] = [];
  const cni = await openCni(config);
  for (const attachment of attachments.attachments.toReversed()) {
    const list = await parseList(attachment);
    const conf = confOf(attachments, attachment);
    try {
      // The bridge plugin that finds half of what it looks for takes that away, and fails.
      await cni.delNetworkList(list, conf).catch(() => cni.delNetworkList(list, conf));
    } catch (error) {
      failures.push(`network ${attachment.network}: ${messageOf(error)}`);
      left.unshift(attachment);
    }
  }
  if (left.length === 0) await removeAttachments(config.data_root, attachments);
  else await saveAttachments(config.data_root, { ...attachments, attachments: left });
  return failures;
};
