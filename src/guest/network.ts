import type { Interface, NetworkSettings, Route } from '../protocol/network.ts';

const orNone = (word: string | undefined): string => word ?? '-';

const renderRoute = (name: string, route: Route): string => {
  const { destination, gateway, source, metric, scope, onLink } = route;
  const words = [destination, orNone(gateway), orNone(source), metric, scope, Number(onLink)];
  return `route ${name} ${words.join(' ')}`;
};

const renderInterface = ({ name, addresses, routes, neighbours }: Interface): string[] => [
  ...addresses.map(
    ({ local, prefix, peer }) => `address ${name} ${local} ${prefix} ${orNone(peer)}`,
  ),
  ...routes.map((route) => renderRoute(name, route)),
  ...neighbours.map(({ address, mac }) => `neighbour ${name} ${address} ${mac}`),
];

/** What initrd/process reads in the guest (src/protocol/README.md, "Network lines"). */
export const renderGuestNetwork = (
  interfaces: readonly Interface[],
  { dhcp, resolv }: NetworkSettings,
): string =>
  [
    ...interfaces.map(({ name, mac, mtu }) => `link ${name} ${mac} ${mtu}`),
    ...interfaces.flatMap(renderInterface),
    ...resolv.map((line) => `resolv ${line}`),
    ...dhcp.map((name) => `dhcp ${name}`),
  ]
    .map((line) => `${line}\n`)
    .join('');
