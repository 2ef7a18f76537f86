import { RunxError, messageOf } from '../errors.ts';
import type { Log } from '../log.ts';
import { findProgram, run } from '../process.ts';
import type { Interface } from '../protocol/network.ts';
import { interfaceNames } from './interface-statistics.ts';
import { aliasOf, bridgeName, bridgedMac, parseInterfaces } from './interfaces.ts';
import { isVif } from './own-devices.ts';
import type { Netns } from './netns.ts';

interface Wired {
  readonly name: string;
  readonly mac: string;
  readonly vif: string;
  readonly mtu: number;
  readonly kind: string | undefined;
}

const batch = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');

/** Reads the interfaces of the container's network namespace; runs no program if it is empty. */
export const readInterfaces = async (
  netns: Netns,
  domid: number,
  log: Log,
): Promise<readonly Interface[]> => {
  const names = await interfaceNames(netns.pid);
  const foreign = names.find((name) => isVif(name) && !name.startsWith(`vif${domid}.`));
  if (foreign !== undefined) {
    throw new RunxError(
      `the container's network namespace belongs to another domain (it has ${foreign}): domains cannot share an interface`,
    );
  }
  if (names.every((name) => name === 'lo')) return [];
  const [addresses, routes4, routes6, neighbours] = await Promise.all([
    netns.run('ip', ['-json', '-details', 'address', 'show']),
    netns.run('ip', ['-4', '-json', 'route', 'show']),
    netns.run('ip', ['-6', '-json', 'route', 'show']),
    netns.run('ip', ['-json', 'neighbour', 'show', 'nud', 'permanent']),
  ]);
  return parseInterfaces({ addresses, routes4, routes6, neighbours }, (what) =>
    log.warn(`${what} is not available in the domain`),
  );
};

// Every frame that one end receives is sent by the other, so the guest takes the place of the
// interface.
const redirect = (from: string, to: string): string[] => [
  `qdisc replace dev ${from} clsact`,
  `filter add dev ${from} ingress protocol all pref 1 handle 1 matchall action mirred egress redirect dev ${to}`,
];

/** Joins each interface and its vif by traffic control (tc-mirred(8)). */
const joinByRedirect = async (netns: Netns, wired: readonly Wired[]): Promise<void> => {
  const lines = wired.flatMap(({ name, vif }) => [...redirect(name, vif), ...redirect(vif, name)]);
  await netns.run('tc', ['-batch', '-'], batch(lines));
};

/**
 * Joins each interface and its vif by a bridge, for kernels without tc-mirred.  The guest has the
 * MAC address of the interface, so the interface gets another one and keeps its own as an alias.
 * The bridge itself has no address and does not answer ARP.
 */
const joinByBridge = async (netns: Netns, wired: readonly Wired[]): Promise<void> => {
  const lines = wired.flatMap(({ name, mac, vif }, index) => {
    const bridge = bridgeName(index);
    return [
      `link add name ${bridge} type bridge forward_delay 0 mcast_snooping 0`,
      `link set dev ${bridge} addrgenmode none`,
      `link set dev ${name} alias ${aliasOf(mac)} address ${bridgedMac}`,
      `link set dev ${name} master ${bridge}`,
      `link set dev ${vif} master ${bridge}`,
      `link set dev ${bridge} arp off`,
      `link set dev ${bridge} up`,
    ];
  });
  await netns.run('ip', ['-batch', '-'], batch(lines));
};

/** Removes the filters and bridges that an earlier container or a failed attempt left behind. */
const disjoin = async (netns: Netns, wired: readonly Wired[]): Promise<void> => {
  const filters = wired.flatMap(({ name, vif }) =>
    [name, vif].map((device) => `filter delete dev ${device} ingress pref 1`),
  );
  const bridges = wired.map((_, index) => `link delete dev ${bridgeName(index)}`);
  // A missing filter or bridge is an error of tc(8) and ip(8), which does not matter here.
  await netns.run('tc', ['-force', '-batch', '-'], batch(filters)).catch(() => {});
  await netns.run('ip', ['-force', '-batch', '-'], batch(bridges)).catch(() => {});
};

const join = async (netns: Netns, wired: readonly Wired[], log: Log): Promise<void> => {
  const redirected = await joinByRedirect(netns, wired).then(
    () => true,
    () => false,
  );
  if (redirected) return;
  await disjoin(netns, wired);
  try {
    await joinByRedirect(netns, wired);
  } catch (error) {
    // Only a veth sends frames with a MAC address that is not its own.
    if (wired.some(({ kind }) => kind !== 'veth')) throw error;
    log.debug(`${messageOf(error)}; using a bridge instead`);
    await disjoin(netns, wired);
    await joinByBridge(netns, wired);
  }
};

const timeoutMs = 30_000;

/**
 * Calls `attach` to give the paused domain a vif for each interface, and joins each vif to its
 * interface in the network namespace.  Can be repeated: existing vifs are kept.
 */
export const wireInterfaces = async (
  netns: Netns,
  domid: number,
  interfaces: readonly Interface[],
  { attach, log }: { readonly attach: (mac: string) => Promise<void>; readonly log: Log },
): Promise<void> => {
  if (interfaces.length === 0) return;
  const inside = await interfaceNames(netns.pid);
  const outside = await interfaceNames('self');
  const wired = interfaces.map(({ name, mac, mtu, kind }, index) => {
    return { name, mac, vif: `vif${domid}.${index}`, mtu, kind };
  });
  const moves: string[] = [];
  for (const { mac, vif } of wired) {
    if (inside.includes(vif)) continue;
    if (!outside.includes(vif)) await attach(mac);
    moves.push(`link set dev ${vif} netns ${netns.pid}`);
  }
  if (moves.length > 0) {
    const ip = await findProgram('ip');
    if (ip === undefined)
      throw new RunxError('ip was not found: networks need ip and tc: install iproute2');
    await run(ip, ['-batch', '-'], { log, timeoutMs, input: batch(moves) });
  }
  const ups = wired.map(({ vif, mtu }) => `link set dev ${vif} mtu ${mtu} up`);
  await netns.run('ip', ['-batch', '-'], batch(ups));
  await join(netns, wired, log);
};
