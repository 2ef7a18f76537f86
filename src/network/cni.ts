import type { Cni, NetworkConfigurationList, Result, RuntimeConf } from 'cni-ts-client';

import type { Config } from '../config.ts';
import { RunxError, messageOf } from '../errors.ts';
import { lastingName } from '../host/lasting-records.ts';
import type { Log } from '../log.ts';
import type { NetworkSettings } from '../protocol/network.ts';
import { type Attachment, type Attachments, attachmentsOf } from './attachments.ts';
import { heldNetnsPath, holdNetns, releaseNetns } from './held-netns.ts';
import { interfaceNames } from './interface-statistics.ts';
import type { StaticAddress } from './netconf.ts';
import type { Addressing } from './static-address.ts';

/** A network the container is to be added to. */
export interface PlannedNetwork extends Addressing {
  readonly address: StaticAddress | undefined;
}

/** Which container's networks are changed, and with what. */
interface NetworkChange {
  readonly config: Pick<Config, 'cni_path' | 'data_root'>;
  readonly log: Log;
  /** The container's state directory. */
  readonly directory: string;
}

const openCni = async (config: NetworkChange['config']): Promise<Cni> => {
  const { createCni } = await import('cni-ts-client');
  return createCni({ path: config.cni_path, cacheDir: `${config.data_root}/cni` });
};

const confOf = (
  attachments: Pick<Attachments, 'containerID' | 'netNS'>,
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

// host-local keeps its addresses apart; of those given out by `static`, nobody else keeps account.
const refuseTaken = async (
  { config, log, directory }: NetworkChange,
  own: readonly Attachment[],
): Promise<void> => {
  const all = await attachmentsOf(config).list((why) => log.warn(why));
  for (const { network, address } of own) {
    if (address === undefined) continue;
    const owner = all.find(
      (other) =>
        other.directory !== directory &&
        other.attachments.some((one) => one.network === network && one.address === address),
    );
    if (owner === undefined) continue;
    throw new RunxError(
      `network ${network}: ${address} is taken by the container of ${owner.directory} (if that is gone: runx gc)`,
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

/** Undoes what an earlier container with this state directory has left, which a reboot has ended. */
const detachStale = async ({ config, log, directory }: NetworkChange): Promise<void> => {
  const stale = await attachmentsOf(config).find(directory);
  const failures = stale === undefined ? [] : await deleteAll(config, stale);
  for (const failure of failures) log.warn(`${failure}, for an earlier container of this id`);
};

/**
 * Adds the network namespace of process `pid` to the networks, by ADD of their plugins.
 * When it fails, the networks before that are for detachNetworks.
 */
export const attachNetworks = async (
  change: NetworkChange,
  pid: number,
  networks: readonly PlannedNetwork[],
): Promise<NetworkSettings> => {
  const { config, log, directory } = change;
  await detachStale(change);
  await holdNetns(directory, pid, log);
  const taken = new Set(await interfaceNames(pid));
  const cni = await openCni(config);
  const records = attachmentsOf(config);
  const names = { containerID: lastingName(directory), netNS: heldNetnsPath(directory) };
  const save = (attachments: Attachment[]): Promise<void> =>
    records.save(directory, { ...names, attachments });
  const settings = { dhcp: new Array<string>(), resolv: new Set<string>() };
  const attachments: Attachment[] = [];
  for (const network of networks) {
    const ifName = firstFree(taken);
    taken.add(ifName);
    const before = [...attachments];
    attachments.push(attachmentOf(network, ifName));
    await save(attachments);
    await refuseTaken(change, attachments);
    const conf = confOf(names, { ifName, args: network.args });
    try {
      const result = await cni.addNetworkList(network.list, conf);
      for (const line of resolvLines(result)) settings.resolv.add(line);
    } catch (error) {
      if (await isUndone(cni, network.list, conf, error)) await save(before);
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
  { config, log, directory }: NetworkChange,
  { force = false }: { readonly force?: boolean } = {},
): Promise<void> => {
  const own = await attachmentsOf(config).find(directory);
  const failures = own === undefined ? [] : await deleteAll(config, own);
  const [failure] = failures;
  if (failure !== undefined && !force) throw new RunxError(failure);
  for (const one of failures) log.warn(`${one}; runx gc tries again`);
  await releaseNetns(directory, log);
};

/** Takes a container out of all its networks; the failures come back. */
const deleteAll = async (
  config: NetworkChange['config'],
  { directory, containerID, netNS, attachments }: Attachments,
): Promise<readonly string[]> => {
  const failures: string[] = [];
  const left: Attachment[] = [];
  const cni = await openCni(config);
  for (const attachment of attachments.toReversed()) {
    const list = await parseList(attachment);
    const conf = confOf({ containerID, netNS }, attachment);
    try {
      // The bridge plugin that finds half of what it looks for takes that away, and fails.
      await cni.delNetworkList(list, conf).catch(() => cni.delNetworkList(list, conf));
    } catch (error) {
      failures.push(`network ${attachment.network}: ${messageOf(error)}`);
      left.unshift(attachment);
    }
  }
  const records = attachmentsOf(config);
  if (left.length === 0) await records.remove(directory);
  else await records.save(directory, { containerID, netNS, attachments: left });
  return failures;
};
