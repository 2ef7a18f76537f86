import { type PlannedNetwork, checkPlugins } from '../network/cni.ts';
import { renderGuestNetwork } from '../guest/network.ts';
import type { Interface } from '../protocol/network.ts';
import { type NetworkRequest, parseNetconf } from '../network/netconf.ts';
import { loadNetconfFile } from '../network/netconf-file.ts';
import { isOwnNetns, openNetns } from '../network/netns.ts';
import { planAddressing } from '../network/static-address.ts';
import { readInterfaces, wireInterfaces } from '../network/wiring.ts';
import type { Config } from '../config.ts';
import { RunxError } from '../errors.ts';
import { tellNetwork } from '../host/runx-monitor.ts';
import type { Bundle } from '../oci/bundle.ts';
import type { Process } from '../oci/spec.ts';
import { type Xl, attachVif } from '../xen/xl.ts';
import type { Context } from './context.ts';
import type { ContainerRecord } from './record.ts';

const variable = 'NETCONF=';

const isNetconf = (one: string): boolean => one.startsWith(variable);

export const hasNetconf = (process: Process): boolean => process.env.some(isNetconf);

/** The process's environment, which NETCONF does not belong to. */
export const withoutNetconf = (process: Process): Process => ({
  ...process,
  env: process.env.filter((one) => !isNetconf(one)),
});

/** The networks that a container asks for, and the network namespace it is to be in. */
export interface NetworkPlan {
  /** Path of the namespace; undefined for one of its own. */
  readonly netns: string | undefined;
  readonly networks: readonly PlannedNetwork[];
}

const requestsOf = (
  process: Process,
  annotation: string | undefined,
  config: Config,
): readonly NetworkRequest[] => {
  if (annotation !== undefined) return parseNetconf(annotation, 'annotation io.runx.netconf');
  const [value, ...others] = process.env.filter(isNetconf);
  if (value === undefined) return [];
  if (!config.netconf_env) {
    throw new RunxError(
      'NETCONF in process.env is not allowed: "netconf_env" in runx.toml is false',
    );
  }
  if (others.length > 0) throw new RunxError('config.json: process.env has NETCONF several times');
  return parseNetconf(value.slice(variable.length), 'NETCONF');
};

const insteadOfHost = ({ host_network: setting }: Config): readonly NetworkRequest[] => {
  if (setting === 'none') return [];
  if (setting !== 'refuse') return parseNetconf(setting, 'runx.toml: host_network');
  throw new RunxError(
    'a domain cannot have the host\'s network: config.json needs a network namespace (linux.namespaces), or runx.toml a "host_network"',
  );
};

/** Reads and checks what a container asks for; nothing is done yet. */
export const planNetworks = async (
  { config }: Context,
  { spec, path, rootfs }: Bundle,
  process: Process,
  annotation: string | undefined,
): Promise<NetworkPlan> => {
  const namespace = spec.linux.namespaces.find(({ type }) => type === 'network');
  const netns = namespace?.path || undefined;
  const isHost = namespace === undefined || (netns !== undefined && (await isOwnNetns(netns)));
  const asked = requestsOf(process, annotation, config);
  const requests = isHost && asked.length === 0 ? insteadOfHost(config) : asked;
  const networks: PlannedNetwork[] = [];
  for (const request of requests) {
    const list = await checkPlugins(config, await loadNetconfFile(request, [path, rootfs]));
    networks.push({ ...planAddressing(list, request.address), address: request.address });
  }
  return { netns: isHost ? undefined : netns, networks };
};

/** What is remembered of an interface, for `state`. */
const summaryOf = ({ name, mac, addresses }: Interface) => ({
  name,
  mac,
  addresses: addresses.map(({ local, prefix }) => `${local}/${prefix}`),
});

/**
 * Gives the paused domain the interfaces of the container's network namespace, which
 * some engines have filled only now, and tells the guest about them.
 */
export const connectDomain = async (
  { config, log }: Context,
  xl: Xl,
  record: ContainerRecord,
  { name, domid }: { readonly name: string; readonly domid: number },
): Promise<ContainerRecord['interfaces']> => {
  const netns = openNetns(record.monitor.pid, config.monitor, log);
  const interfaces = await readInterfaces(netns, domid, log);
  const attach = (mac: string): Promise<void> => attachVif(xl, name, mac, config.monitor);
  await wireInterfaces(netns, domid, interfaces, attach, log);
  const text = renderGuestNetwork(interfaces, record.network ?? { dhcp: [], resolv: [] });
  if (text !== '') await tellNetwork(config.monitor, domid, text, log);
  return interfaces.map(summaryOf);
};
