import type { Config } from '../config.ts';
import type { Context } from '../context.ts';
import type { DomainName } from '../domain/record.ts';
import { RunxError } from '../errors.ts';
import { renderGuestNetwork } from '../guest/network.ts';
import { openRunxMonitor, tellNetwork } from '../host/runx-monitor.ts';
import { type PlannedNetwork, checkPlugins } from '../network/cni.ts';
import { readFingerprint } from '../network/fingerprint.ts';
import { loadNetconfFile } from '../network/netconf-file.ts';
import { type NetworkRequest, parseNetconf } from '../network/netconf.ts';
import { isOwnNetns, openNetns } from '../network/netns.ts';
import { planAddressing } from '../network/static-address.ts';
import { readInterfaces, wireInterfaces } from '../network/wiring.ts';
import type { Bundle } from '../oci/bundle.ts';
import type { Process } from '../oci/spec.ts';
import type { Interface } from '../protocol/network.ts';
import { type Xl, attachVif } from '../xen/xl.ts';
import { requestsOf } from './netconf-env.ts';
import type { ContainerRecord } from './record.ts';

/** The networks of NETCONF, and the network namespace of the container. */
export interface NetworkPlan {
  /** Path of the namespace; undefined for a new one. */
  readonly netns: string | undefined;
  readonly networks: readonly PlannedNetwork[];
}

const insteadOfHost = ({ host_network: setting }: Config): readonly NetworkRequest[] => {
  if (setting === 'none') return [];
  if (setting !== 'refuse') return parseNetconf(setting, 'runx.toml: host_network');
  throw new RunxError(
    "a domain cannot have the host's network: add a network namespace to linux.namespaces in config.json, or set host_network in runx.toml",
  );
};

/** Plans and checks the networks of a container; changes nothing on the host. */
export const planNetworks = async (
  { config }: Context,
  { spec }: Bundle,
  process: Process,
  annotation: string | undefined,
): Promise<NetworkPlan> => {
  const namespace = spec.linux.namespaces.find(({ type }) => type === 'network');
  const netns = namespace?.path || undefined;
  const isHost = namespace === undefined || (netns !== undefined && (await isOwnNetns(netns)));
  const given = isHost ? undefined : netns;
  const asked = requestsOf({ process, annotation, netns: given }, config);
  const requests = isHost && asked.length === 0 ? insteadOfHost(config) : asked;
  const networks: PlannedNetwork[] = [];
  for (const request of requests) {
    const list = await checkPlugins(
      config,
      await loadNetconfFile(request, config.netconf_directories),
    );
    networks.push({ ...planAddressing(list, request.address), address: request.address });
  }
  return { netns: given, networks };
};

/** The part of an interface that `runx state` prints. */
const summaryOf = ({ name, mac, addresses }: Interface) => ({
  name,
  mac,
  addresses: addresses.map(({ local, prefix }) => `${local}/${prefix}`),
});

/** A container whose domain gets its network interfaces. */
export interface Connection {
  readonly xl: () => Promise<Xl>;
  readonly record: ContainerRecord;
  readonly domain: DomainName;
}

/** What a container's record says of the network interfaces of its domain. */
type Connected = Pick<ContainerRecord, 'interfaces' | 'netns'>;

/**
 * Gives the domain a vif for each interface of the container's network namespace, and writes the
 * lines of the network for the guest.  Does nothing, and returns undefined, if the namespace is as
 * it was the last time: engines fill it before or after `create`.
 */
export const connectDomain = async (
  context: Context,
  { xl, record, domain }: Connection,
): Promise<Connected | undefined> => {
  const { config, log } = context;
  const { name, domid } = domain;
  const fingerprint = await readFingerprint(record.monitor.pid);
  if (fingerprint === (record.netns ?? '')) return undefined;
  const tool = openRunxMonitor(context);
  const netns = openNetns(tool, record.monitor.pid);
  const interfaces = await readInterfaces(netns, domid, log);
  const attach = async (mac: string): Promise<void> =>
    attachVif(await xl(), name, mac, config.monitor);
  await wireInterfaces(netns, domid, interfaces, { attach, log });
  const lines = renderGuestNetwork(interfaces, record.network ?? { dhcp: [], resolv: [] });
  await tellNetwork(tool, domid, lines);
  return { interfaces: interfaces.map(summaryOf), netns: fingerprint };
};
