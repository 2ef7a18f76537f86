import * as v from 'valibot';

import { RunxError } from '../errors.ts';
import type { Address, Interface, Route } from '../protocol/network.ts';
import { parseValue } from '../schema.ts';
import { bridgePattern, isVif } from './own-devices.ts';

/** The output of ip(8) in a network namespace, by command. */
export interface NetnsText {
  /** `ip -json -details address show` */
  readonly addresses: string;
  /** `ip -4 -json route show` */
  readonly routes4: string;
  /** `ip -6 -json route show` */
  readonly routes6: string;
  /** `ip -json neighbour show nud permanent` */
  readonly neighbours: string;
}

const name = v.pipe(v.string(), v.regex(/^[^\s/]{1,15}$/, 'expected an interface name'));
const ipAddress = v.pipe(v.string(), v.ip('expected an IP address'));
const mac = v.pipe(
  v.string(),
  v.regex(/^[\da-f]{2}(:[\da-f]{2}){5}$/, 'expected the address of an Ethernet interface'),
);
const count = v.pipe(v.number(), v.integer(), v.minValue(0));

const linkSchema = v.object({
  ifname: name,
  flags: v.array(v.string()),
  mtu: count,
  link_type: v.string(),
  address: v.optional(v.string()),
  master: v.optional(v.string()),
  ifalias: v.optional(v.string()),
  linkinfo: v.optional(v.object({ info_kind: v.optional(v.string()) })),
  addr_info: v.optional(
    v.array(
      v.object({
        family: v.optional(v.string()),
        local: v.optional(v.string()),
        prefixlen: v.optional(count),
        address: v.optional(v.string()),
        scope: v.optional(v.string()),
        dynamic: v.optional(v.boolean()),
      }),
    ),
    [],
  ),
});

type Link = v.InferOutput<typeof linkSchema>;

const routeSchema = v.object({
  type: v.optional(v.string(), 'unicast'),
  dst: v.string(),
  dev: v.optional(v.string()),
  gateway: v.optional(ipAddress),
  via: v.optional(v.unknown()),
  nexthops: v.optional(v.unknown()),
  protocol: v.optional(v.string()),
  scope: v.optional(v.string(), 'global'),
  prefsrc: v.optional(ipAddress),
  metric: v.optional(count, 0),
  flags: v.optional(v.array(v.string()), []),
});

type RouteEntry = v.InferOutput<typeof routeSchema>;

const neighbourSchema = v.object({
  dst: ipAddress,
  dev: v.string(),
  lladdr: v.optional(v.string()),
});

const parseList = <T extends v.GenericSchema>(
  item: T,
  text: string,
  command: string,
): v.InferOutput<T>[] => {
  let value: unknown;
  try {
    // Some versions print nothing, rather than an empty list.
    value = JSON.parse(text.trim() === '' ? '[]' : text);
  } catch {
    throw new RunxError(`${command}: the output is not JSON; runx needs the ip of iproute2`);
  }
  return parseValue(v.array(item), withoutEmpty(value), command);
};

// ip(8) prints an empty object for each item that its filter leaves out.
const withoutEmpty = (value: unknown): unknown =>
  Array.isArray(value)
    ? value.filter((item) => typeof item !== 'object' || Object.keys(item ?? {}).length > 0)
    : value;

const scopes: Readonly<Record<string, number>> = { global: 0, site: 200, link: 253, host: 254 };

const withPrefix = (destination: string, isIPv6: boolean): string => {
  if (destination === 'default') return isIPv6 ? '::/0' : '0.0.0.0/0';
  if (destination.includes('/')) return destination;
  return `${destination}/${isIPv6 ? 128 : 32}`;
};

// The guest kernel adds these routes itself, or learns them from routers.
const isAutomatic = ({ dst, protocol }: RouteEntry): boolean =>
  protocol === 'ra' || /^(fe80::|ff00::)/.test(dst);

const toRoute = (entry: RouteEntry, isIPv6: boolean, onOdd: (what: string) => void): Route[] => {
  const { dst, gateway, prefsrc, metric, scope, flags } = entry;
  if (isAutomatic(entry)) return [];
  const number = scopes[scope] ?? Number(scope);
  const isPlain =
    entry.type === 'unicast' && entry.via === undefined && entry.nexthops === undefined;
  if (!isPlain || !Number.isInteger(number)) {
    onOdd(`the route to ${dst}`);
    return [];
  }
  return [
    {
      destination: withPrefix(dst, isIPv6),
      gateway,
      source: prefsrc,
      metric,
      scope: number,
      onLink: flags.includes('onlink'),
    },
  ];
};

const toAddresses = ({ addr_info }: Link): Address[] =>
  addr_info.flatMap(({ family, local, prefixlen, address: peer, scope, dynamic }) => {
    if (local === undefined || prefixlen === undefined) return [];
    // The guest kernel makes these addresses itself, from the MAC address and from routers.
    if (family === 'inet6' && (scope === 'link' || dynamic)) return [];
    return [{ local, prefix: prefixlen, peer }];
  });

// A route with a gateway needs the on-link route to that gateway, so on-link routes go first.
const onLinkFirst = (a: Route, b: Route): number =>
  Number(a.gateway !== undefined) - Number(b.gateway !== undefined);

/** The name of the bridge that runx makes for the interface with this index. */
export const bridgeName = (index: number): string => `runx${index}`;

const isBridge = (linkName: string): boolean => bridgePattern.test(linkName);

/** The MAC address of an interface in runx's bridge, as of Xen's vifs: it takes no traffic. */
export const bridgedMac = 'fe:ff:ff:ff:ff:ff';

const aliasPrefix = 'runx-mac=';

/** The alias in which an interface in runx's bridge keeps its own MAC address. */
export const aliasOf = (address: string): string => `${aliasPrefix}${address}`;

const macOf = ({ address, ifalias }: Link): string | undefined =>
  address === bridgedMac && ifalias?.startsWith(aliasPrefix)
    ? ifalias.slice(aliasPrefix.length)
    : address;

/**
 * Parses the Ethernet interfaces that are up, in the order of their creation.  `onOdd` is called
 * with the name of each thing that the guest cannot have.
 */
export const parseInterfaces = (
  text: NetnsText,
  onOdd: (what: string) => void,
): readonly Interface[] => {
  const links = parseList(linkSchema, text.addresses, 'ip address show').filter(
    ({ ifname, link_type, master }) =>
      link_type !== 'loopback' &&
      (master === undefined || isBridge(master)) &&
      !isVif(ifname) &&
      !isBridge(ifname),
  );
  const entries = [
    ...parseList(routeSchema, text.routes4, 'ip route show').map((entry) => ({ entry, v6: false })),
    ...parseList(routeSchema, text.routes6, 'ip -6 route show').map((entry) => ({
      entry,
      v6: true,
    })),
  ];
  const neighbours = parseList(neighbourSchema, text.neighbours, 'ip neighbour show');
  return links.flatMap((link): Interface[] => {
    const addresses = toAddresses(link);
    const address = macOf(link);
    if (!link.flags.includes('UP')) return [];
    if (link.link_type !== 'ether' || !v.is(mac, address)) {
      // Every namespace has the fallback devices of tunnels, which have no address.
      if (addresses.length > 0) onOdd(`the interface ${link.ifname}, which is not Ethernet,`);
      return [];
    }
    const routes = entries
      .filter(({ entry }) => entry.dev === link.ifname)
      .flatMap(({ entry, v6 }) => toRoute(entry, v6, onOdd));
    return [
      {
        name: link.ifname,
        mac: address,
        mtu: link.mtu,
        kind: link.linkinfo?.info_kind,
        addresses,
        routes: routes.toSorted(onLinkFirst),
        neighbours: neighbours.flatMap(({ dst, dev, lladdr }) =>
          dev === link.ifname && v.is(mac, lladdr) ? [{ address: dst, mac: lladdr }] : [],
        ),
      },
    ];
  });
};
