import { BlockList, isIP } from 'node:net';

import type { NetworkConfigurationList, PluginConfiguration } from 'cni-ts-client';
import * as v from 'valibot';

import { RunxError } from '../errors.ts';
import type { StaticAddress } from './netconf.ts';

const rangeSchema = v.object({ subnet: v.optional(v.string()) });

// The part of a plugin's ipam that runx reads; the plugins check the rest.
const ipamSchema = v.looseObject({
  type: v.optional(v.string(), ''),
  subnet: v.optional(v.string()),
  ranges: v.optional(v.array(v.array(rangeSchema))),
  gateway: v.optional(v.string()),
});

type Ipam = v.InferOutput<typeof ipamSchema>;

/** How the domain gets its address in one network. */
export interface Addressing {
  /** The network configuration that the plugins get. */
  readonly list: NetworkConfigurationList;
  /** CNI_ARGS for ADD. */
  readonly args: readonly (readonly [string, string])[];
  /** Whether the guest asks a DHCP server itself. */
  readonly dhcp: boolean;
}

const ipamOf = (plugin: PluginConfiguration | undefined): Ipam => {
  const parsed = v.safeParse(ipamSchema, plugin?.['ipam'] ?? {});
  return parsed.success ? parsed.output : { type: '' };
};

const subnetsOf = ({ subnet, ranges = [] }: Ipam): readonly string[] =>
  [subnet, ...ranges.flat().map((range) => range.subnet)].filter((text) => text !== undefined);

const holds = (subnet: string, ip: string): boolean => {
  const [base = '', length] = subnet.split('/');
  if (isIP(base) !== isIP(ip) || isIP(ip) === 0 || !/^\d{1,3}$/.test(length ?? '')) return false;
  const family = isIP(ip) === 4 ? 'ipv4' : 'ipv6';
  const list = new BlockList();
  try {
    list.addSubnet(base, Number(length), family);
  } catch {
    // The plugin reports a bad subnet.
    return false;
  }
  return list.check(ip, family);
};

const withIpam = (
  list: NetworkConfigurationList,
  ipam: NonNullable<PluginConfiguration['ipam']>,
): NetworkConfigurationList => {
  const [first, ...rest] = list.plugins;
  if (first === undefined) return list;
  return { ...list, plugins: [{ ...first, ipam }, ...rest] };
};

/** Asks the plugin host-local for the address, which it gives to one container only. */
const fromSubnet = (
  list: NetworkConfigurationList,
  ipam: Ipam,
  { ip, prefix }: StaticAddress,
): Addressing => {
  const subnets = subnetsOf(ipam);
  const subnet = subnets.find((one) => holds(one, ip));
  if (subnet === undefined) {
    throw new RunxError(`network ${list.name}: ${ip} is not in the subnet ${subnets.join(' or ')}`);
  }
  const length = Number(subnet.split('/')[1]);
  if (prefix !== undefined && prefix !== length) {
    throw new RunxError(
      `network ${list.name}: ${ip}/${prefix} does not match the subnet ${subnet}; leave out the prefix`,
    );
  }
  const args = [
    ['IgnoreUnknown', '1'],
    ['IP', ip],
  ] as const;
  return { list, args, dhcp: false };
};

const fixed = (
  list: NetworkConfigurationList,
  ipam: Ipam,
  { ip, prefix }: StaticAddress,
): Addressing => {
  const known = subnetsOf(ipam).find((one) => holds(one, ip));
  const length = prefix ?? (known === undefined ? undefined : Number(known.split('/')[1]));
  if (length === undefined) {
    throw new RunxError(
      `network ${list.name}: no subnet contains ${ip}; add a prefix length, such as ${ip}/${isIP(ip) === 4 ? 24 : 64}`,
    );
  }
  const gateway =
    ipam.gateway !== undefined && isIP(ipam.gateway) === isIP(ip) ? { gateway: ipam.gateway } : {};
  const { routes, dns } = ipam;
  const addresses = [{ address: `${ip}/${length}`, ...gateway }];
  return {
    list: withIpam(list, {
      type: 'static',
      addresses,
      ...(routes === undefined ? {} : { routes }),
      ...(dns === undefined ? {} : { dns }),
    }),
    args: [],
    dhcp: false,
  };
};

/**
 * Changes a network configuration for the requested address: the ipam `host-local` gets the
 * address as an argument, any other ipam is replaced by `static`.  Without a requested address, an
 * ipam that is `dhcp` or missing means that the guest itself asks a DHCP server.
 */
export const planAddressing = (
  list: NetworkConfigurationList,
  address: StaticAddress | undefined,
): Addressing => {
  const ipam = ipamOf(list.plugins[0]);
  if (address !== undefined) {
    return ipam.type === 'host-local'
      ? fromSubnet(list, ipam, address)
      : fixed(list, ipam, address);
  }
  if (ipam.type === 'dhcp') return { list: withIpam(list, {}), args: [], dhcp: true };
  return { list, args: [], dhcp: ipam.type === '' };
};
