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

/** A network to which the container will be attached. */
export interface PlannedNetwork extends Addressing {
  readonly address: StaticAddress | undefined;
}

/** The container whose attachments change, and what is needed to change them. */
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

/**
 * Checks that the plugins of a network and of its ipam exist.  Returns the network with the newest
 * CNI version that all of them support.
 */
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

// The plugin host-local gives an address to one container only; the plugin static does not check.
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
      `network ${network}: ${address} is taken by the container in ${owner.directory}; if that container is gone, run: runx gc`,
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

/** Deletes the attachments of an earlier container with the same id, which a reboot ended. */
const detachStale = async ({ config, log, directory }: NetworkChange): Promise<void> => {
  const stale = await attachmentsOf(config).find(directory);
  const failures = stale === undefined ? [] : await deleteAll(config, stale);
  for (const failure of failures)
    log.warn(`${failure} (attachment of an earlier container with this id)`);
};

/**
 * Adds the network namespace of process `pid` to the networks, by ADD of their plugins.
 * If a network fails, the earlier ones stay attached until `detachNetworks` is called.
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
 * Undoes an ADD that failed; returns whether nothing of it is left.  A plugin whose ADD failed
 * often fails at DEL too; if it was the first plugin of the list, no other plugin did anything.
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
 * Removes the container from its networks, by DEL of their plugins, in reverse order.  A network
 * that fails stays on record and the others are still tried.  The first failure is thrown; with
 * `force`, the failures are only warnings.
 */
export const detachNetworks = async (
  { config, log, directory }: NetworkChange,
  { force = false }: { readonly force?: boolean } = {},
): Promise<void> => {
  const own = await attachmentsOf(config).find(directory);
  const failures = own === undefined ? [] : await deleteAll(config, own);
  const [failure] = failures;
  if (failure !== undefined && !force) throw new RunxError(failure);
  for (const one of failures) log.warn(`${one}; to try again, run: runx gc`);
  await releaseNetns(directory, log);
};

/** Removes a container from all its networks; returns the failures. */
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
      // The plugin bridge fails if only a part is left, but removes it: the second call succeeds.
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
