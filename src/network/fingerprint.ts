import { readFileSync } from 'node:fs';

import { bridgePattern, isVif } from './own-devices.ts';

const files = ['dev', 'route', 'fib_trie', 'if_inet6', 'ipv6_route', 'arp'] as const;

/** The files of /proc/PID/net (proc(5)) that show what a domain takes over. */
export type NetnsFiles = Readonly<Record<(typeof files)[number], string>>;

// What runx adds for the domain is not the engine's.
const isOwn = (name: string): boolean => name === 'lo' || isVif(name) || bridgePattern.test(name);

const rowsOf = (text: string): readonly string[][] =>
  text
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([first = '']) => first !== '');

const permanent = '0x6';

// Interfaces get link-local and multicast ones by themselves, a moment after they are up.
const isAutomatic = (address: string): boolean => /^f(e80|f)/.test(address);

/**
 * Renders what a network namespace holds for a domain, without counters and without what runx adds;
 * empty for a namespace with nothing but the loopback interface.  Two texts that differ mean that
 * somebody has changed the namespace.
 */
export const renderFingerprint = (text: NetnsFiles): string => {
  const names = rowsOf(text.dev)
    .slice(2)
    .map(([name = '']) => name.replace(/:.*/, ''))
    .filter((name) => !isOwn(name));
  if (names.length === 0) return '';
  const isSet = ([address = '']: readonly string[]): boolean => !isAutomatic(address);
  const addresses6 = rowsOf(text.if_inet6)
    .filter(isSet)
    .map(([address, , prefix, , , name = '']) => [name, `${address}/${prefix}`]);
  const rows6 = rowsOf(text.ipv6_route).filter(isSet);
  const routes6 = rows6.map((row) => [row[9] ?? '', [row[0], row[1], row[4], row[5]].join(' ')]);
  const neighbours = rowsOf(text.arp)
    .filter(([, , flags]) => flags === permanent)
    .map(([address, , , mac, , name = '']) => [name, `${address} ${mac}`]);
  const named = [...addresses6, ...routes6, ...neighbours]
    .filter(([name = '']) => !isOwn(name))
    .map((row) => row.join(' '));
  return [...names, ...named.toSorted(), text.route, text.fib_trie].join('\n');
};

/**
 * Reads a digest of what the network namespace of a process holds for a domain; empty for nothing.
 * Starts no program.
 */
export const readFingerprint = async (pid: number): Promise<string> => {
  const read = (name: string): string => {
    try {
      return readFileSync(`/proc/${pid}/net/${name}`, 'utf8');
    } catch {
      return ''; // a host without IPv6 does not have all of them
    }
  };
  const [dev = '', route = '', fib_trie = '', if_inet6 = '', ipv6_route = '', arp = ''] =
    files.map(read);
  const text = renderFingerprint({ dev, route, fib_trie, if_inet6, ipv6_route, arp });
  if (text === '') return '';
  const { createHash } = process.getBuiltinModule('node:crypto');
  return createHash('sha256').update(text).digest('hex');
};
