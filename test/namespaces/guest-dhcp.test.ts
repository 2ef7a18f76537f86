import assert from 'node:assert/strict';
import { existsSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { withGuest } from '../support/guest-network.ts';
import type { GuestNetwork } from '../support/guest-network.ts';
import { waitUntil } from '../support/wait-until.ts';

const mac = '02:00:00:00:00:01';
const second = '02:00:00:00:00:02';

interface Server {
  /** The one lease: a line of dnsmasq's, which writes it after it has answered. */
  readonly lease: () => Promise<string>;
  /** How many leases and renewals it has granted. */
  readonly answers: () => number;
  /** Has it offer these options, "NUMBER,VALUE...", from now on. */
  readonly setOptions: (options: readonly string[]) => Promise<void>;
}

/** A server on the interface up-NAME, which has 10.213.NET.1 and gives .10 only. */
const startServer = async (
  guest: GuestNetwork,
  name: string,
  net: number,
  options: readonly string[] = [],
): Promise<Server> => {
  const { space } = guest;
  const leaseFile = join(space.directory, `${name}.leases`);
  const optionFile = join(space.directory, `${name}.options`);
  const logFile = join(space.directory, `${name}.log`);
  const write = (list: readonly string[]) =>
    writeFileSync(optionFile, list.map((option) => `${option}\n`).join(''));
  const timesLogged = (what: string) => readFileSync(logFile, 'utf8').split(what).length - 1;
  write(options);
  space.run('ip', ['address', 'add', `10.213.${net}.1/24`, 'dev', `up-${name}`]);
  const server = space.start('dnsmasq', [
    '--keep-in-foreground',
    '--conf-file=/dev/null',
    '--user=root',
    '--port=0',
    '--pid-file=',
    `--interface=up-${name}`,
    '--bind-interfaces',
    '--no-ping',
    `--log-facility=${logFile}`,
    `--dhcp-leasefile=${leaseFile}`,
    `--dhcp-optsfile=${optionFile}`,
    `--dhcp-range=10.213.${net}.10,10.213.${net}.10,1h`,
  ]);
  await waitUntil('the server starts', () => existsSync(leaseFile));
  return {
    lease: () =>
      waitUntil('the lease is written', () => readFileSync(leaseFile, 'utf8').match(/^.+$/m)?.[0]),
    answers: () => timesLogged('DHCPACK'),
    setOptions: async (list) => {
      const timesRead = () => timesLogged(`read ${optionFile}`);
      const before = timesRead();
      write(list);
      server.kill('SIGHUP');
      await waitUntil('the server reads its options', () => timesRead() > before);
    },
  };
};

const addressesOf = (guest: GuestNetwork, name: string) => {
  const text = guest.space.run(
    'ip',
    ['-4', '-oneline', 'address', 'show', 'dev', name],
    guest.namespace,
  );
  return [...text.matchAll(/inet (\S+ brd \S+|\S+)/g)].map(([, address]) => address);
};

const routesOf = (guest: GuestNetwork) =>
  guest.space
    .run('ip', ['-4', 'route'], guest.namespace)
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');

const resolvFile = (guest: GuestNetwork) => join(guest.root, 'runx/resolv.conf');

const resolv = (guest: GuestNetwork) => readFileSync(resolvFile(guest), 'utf8');

const lines = [`link eth0 ${mac} 1500`, 'dhcp eth0'].join('\n');

const client = (guest: GuestNetwork): number => {
  const [pid, ...others] = guest.processes();
  assert.ok(pid !== undefined && others.length === 0, 'one process stays');
  return pid;
};

withGuest('a lease: address, default route, DNS, and a client that stays', async (guest) => {
  guest.addLink('net3', mac);
  const server = await startServer(guest, 'net3', 2, [
    '6,10.213.2.53,10.213.2.54',
    '15,one.example two.example',
  ]);
  writeFileSync(join(guest.root, 'runx/containers/1'), 'arg sh\0hostname web-1.example\0');
  assert.deepEqual(await guest.apply(lines), { code: 0, said: '' });
  assert.deepEqual(addressesOf(guest, 'eth0'), ['10.213.2.10/24 brd 10.213.2.255']);
  assert.deepEqual(routesOf(guest), [
    'default via 10.213.2.1 dev eth0',
    '10.213.2.0/24 dev eth0 scope link src 10.213.2.10',
  ]);
  assert.equal(
    resolv(guest),
    'nameserver 10.213.2.53\nnameserver 10.213.2.54\nsearch one.example two.example\n',
  );
  assert.match(
    await server.lease(),
    / 02:00:00:00:00:01 10\.213\.2\.10 web-1 01:02:00:00:00:00:01$/,
  );
  const pid = client(guest);
  const nothing = join(guest.root, 'dev/null');
  for (const fd of [0, 1, 2]) assert.equal(readlinkSync(`/proc/${pid}/fd/${fd}`), nothing);
  const mayProtect = guest.space.lackFor('echo -1000 >/proc/self/oom_score_adj') === undefined;
  const score = readFileSync(`/proc/${pid}/oom_score_adj`, 'utf8');
  assert.equal(score, mayProtect ? '-1000\n' : '0\n');
});

withGuest('search domains, MTU and static routes of options 119, 26 and 33', async (guest) => {
  guest.addLink('eth0', mac);
  await startServer(guest, 'eth0', 2, [
    '3,10.213.2.3,10.213.2.4',
    '6',
    '15,unused.example',
    '119,a.example,b.a.example',
    '26,1400',
    '33,10.5.5.5,10.213.2.7,10.0.0.0,10.213.2.8,172.20.0.0,10.213.2.8,192.0.2.0,10.213.2.9',
  ]);
  assert.deepEqual(await guest.apply(lines), { code: 0, said: '' });
  assert.deepEqual(routesOf(guest), [
    'default via 10.213.2.3 dev eth0',
    '10.0.0.0/8 via 10.213.2.8 dev eth0',
    '10.5.5.5 via 10.213.2.7 dev eth0',
    '10.213.2.0/24 dev eth0 scope link src 10.213.2.10',
    '172.20.0.0/16 via 10.213.2.8 dev eth0',
    '192.0.2.0/24 via 10.213.2.9 dev eth0',
  ]);
  assert.equal(resolv(guest), 'search a.example b.a.example\n');
  assert.equal(guest.ip('link', 'show', 'eth0')[0]?.['mtu'], 1400);
});

withGuest('option 121 stands for the others; a gateway may be elsewhere', async (guest) => {
  guest.addLink('eth0', mac);
  await startServer(guest, 'eth0', 2, [
    '3,10.213.2.3',
    '33,10.5.5.5,10.213.2.7',
    '121,0.0.0.0/0,10.9.0.1,10.9.0.0/20,0.0.0.0,10.8.0.0/13,10.213.2.4,10.7.7.7/32,10.213.2.10',
  ]);
  assert.deepEqual(await guest.apply(lines), { code: 0, said: '' });
  assert.deepEqual(routesOf(guest), [
    'default via 10.9.0.1 dev eth0 onlink',
    '10.7.7.7 dev eth0 scope link src 10.213.2.10',
    '10.8.0.0/13 via 10.213.2.4 dev eth0',
    '10.9.0.0/20 dev eth0 scope link src 10.213.2.10',
    '10.213.2.0/24 dev eth0 scope link src 10.213.2.10',
  ]);
});

withGuest('a lease of one address: its router is on the link all the same', async (guest) => {
  guest.addLink('eth0', mac);
  await startServer(guest, 'eth0', 2, ['1,255.255.255.255', '3,10.213.2.1']);
  assert.deepEqual(await guest.apply(lines), { code: 0, said: '' });
  assert.deepEqual(addressesOf(guest, 'eth0'), ['10.213.2.10/32']);
  assert.deepEqual(routesOf(guest), ['default via 10.213.2.1 dev eth0 onlink']);
});

withGuest('a renewal brings what has changed; a lost lease takes it all', async (guest) => {
  guest.addLink('eth0', mac);
  const server = await startServer(guest, 'eth0', 2, ['6,10.213.2.53']);
  assert.deepEqual(await guest.apply(`${lines}\nresolv options edns0`), { code: 0, said: '' });
  const inode = guest.space.run('stat', ['--format=%i', resolvFile(guest)]);
  guest.space.run('ip', ['route', 'add', '10.77.0.0/16', 'dev', 'eth0'], guest.namespace);
  const own = '10.77.0.0/16 dev eth0 scope link';

  const pid = client(guest);
  process.kill(pid, 'SIGUSR1');
  await waitUntil('a renewal that changes nothing', () => server.answers() === 2);
  assert.ok(routesOf(guest).includes(own), 'it changed nothing');

  await server.setOptions(['3,10.213.2.3', '6,10.213.2.54', '26,1300']);
  process.kill(pid, 'SIGUSR1');
  await waitUntil('a renewal that does', () => resolv(guest).includes('10.213.2.54'));
  assert.equal(resolv(guest), 'options edns0\nnameserver 10.213.2.54\n');
  assert.equal(guest.space.run('stat', ['--format=%i', resolvFile(guest)]), inode);
  assert.deepEqual(addressesOf(guest, 'eth0'), ['10.213.2.10/24 brd 10.213.2.255']);
  assert.deepEqual(routesOf(guest), [
    'default via 10.213.2.3 dev eth0',
    '10.213.2.0/24 dev eth0 scope link src 10.213.2.10',
  ]);
  assert.equal(guest.ip('link', 'show', 'eth0')[0]?.['mtu'], 1300);

  process.kill(pid, 'SIGUSR2');
  await waitUntil('it gives the lease back', () => addressesOf(guest, 'eth0').length === 0);
  await waitUntil('and its servers', () => resolv(guest) === 'options edns0\n');
  process.kill(pid, 'SIGUSR1');
  await waitUntil('it has another', () => resolv(guest).includes('10.213.2.54'));
});

withGuest('two links, each with a server of its own', async (guest) => {
  guest.addLink('eth1', mac);
  guest.addLink('eth0', second);
  await startServer(guest, 'eth0', 2, ['6,10.213.2.53']);
  await startServer(guest, 'eth1', 3, ['6,10.213.3.53']);
  const both = [`link eth0 ${mac} 1500`, `link eth1 ${second} 1500`, 'dhcp eth1', 'dhcp eth0'];
  assert.deepEqual(await guest.apply(both.join('\n')), { code: 0, said: '' });
  assert.deepEqual(addressesOf(guest, 'eth0'), ['10.213.3.10/24 brd 10.213.3.255']);
  assert.deepEqual(addressesOf(guest, 'eth1'), ['10.213.2.10/24 brd 10.213.2.255']);
  const defaults = routesOf(guest).filter((route) => route.startsWith('default'));
  assert.deepEqual(defaults.toSorted(), [
    'default via 10.213.2.1 dev eth1',
    'default via 10.213.3.1 dev eth0',
  ]);
  assert.equal(resolv(guest), 'nameserver 10.213.3.53\nnameserver 10.213.2.53\n');
  assert.equal(guest.processes().length, 2);
});

withGuest('names that are none do not get into resolv.conf', async (guest) => {
  guest.addLink('eth0', mac);
  await startServer(guest, 'eth0', 2, ['6', '15,a;$(reboot)`x`']);
  assert.deepEqual(await guest.apply(lines), { code: 0, said: '' });
  assert.equal(resolv(guest), '');
});

withGuest('a lease that the kernel refuses is an error', async (guest) => {
  guest.addLink('eth0', mac);
  await startServer(guest, 'eth0', 2, ['26,20']);
  assert.deepEqual(await guest.apply(lines), {
    code: 1,
    said: 'network: mtu eth0 20: Invalid argument\n',
  });
});

withGuest('no server: it is given up after half a minute', async (guest) => {
  guest.addLink('eth0', mac);
  const start = performance.now();
  assert.deepEqual(await guest.apply(lines), {
    code: 1,
    said: 'network: no DHCP server answered on eth0\n',
  });
  assert.ok(performance.now() - start >= 30_000);
  assert.deepEqual(guest.processes(), []);
});
