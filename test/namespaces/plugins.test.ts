import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { RuntimeConf } from 'cni-ts-client';

import {
  addresses,
  basic,
  bridge,
  confOf,
  hostLocal,
  leases,
  listOf,
  show,
  withPlugins,
} from '../support/real-plugins.ts';
import { waitUntil } from '../support/wait-until.ts';

withPlugins('bridge and host-local: two containers reach each other', basic, async (space) => {
  const list = listOf({ plugins: [bridge(space)] });
  const confs = [confOf(space, 'a'), confOf(space, 'b')];
  const results = await Promise.all(confs.map((conf) => space.cni.addNetworkList(list, conf)));
  assert.deepEqual(results.flatMap(addresses).toSorted(), ['10.213.0.2/24', '10.213.0.3/24']);
  const [a, b] = confs;
  assert.ok(a !== undefined && b !== undefined && results[1] !== undefined);
  const address = addresses(results[1])[0]?.split('/')[0] ?? '';
  assert.throws(
    () => space.run('bash', ['-c', `>/dev/tcp/${address}/9`], a.netNS),
    /Connection refused/,
  );
  assert.match(show(space, a, 'route'), /default via 10\.213\.0\.1 dev eth0/);
  await space.cni.checkNetworkList(list, a);
  await Promise.all(confs.map((conf) => space.cni.delNetworkList(list, conf)));
  await space.cni.delNetworkList(list, a);
  assert.deepEqual(await leases(space), []);
  assert.doesNotMatch(space.run('ip', ['-br', 'link']), /veth/);
  assert.doesNotMatch(show(space, b, '-br', 'link'), /eth0/);
  assert.deepEqual(await space.cni.getCachedAttachments(), []);
});

for (const cniVersion of ['0.1.0', '0.2.0', '0.3.0', '0.3.1', '0.4.0', '1.0.0']) {
  withPlugins(`version ${cniVersion} of the bridge`, basic, async (space) => {
    const list = listOf({ cniVersion, plugins: [bridge(space)] });
    const conf = confOf(space, 'a');
    const result = await space.cni.addNetworkList(list, conf);
    assert.equal(result.cniVersion, cniVersion);
    assert.deepEqual(addresses(result), ['10.213.0.2/24']);
    if (cniVersion >= '0.4.0') await space.cni.checkNetworkList(list, conf);
    await space.cni.delNetworkList(list, conf);
    assert.deepEqual(await leases(space), []);
  });
}

withPlugins('CHECK sees that an address has gone', basic, async (space) => {
  const list = listOf({ plugins: [bridge(space)] });
  const conf = confOf(space, 'a');
  await space.cni.addNetworkList(list, conf);
  show(space, conf, 'address', 'flush', 'dev', 'eth0');
  await assert.rejects(space.cni.checkNetworkList(list, conf), {
    command: 'CHECK',
    plugin: 'bridge',
  });
});

withPlugins('the versions that the plugins know are negotiated', basic, async (space) => {
  const plugins = [bridge(space), { type: 'tuning', capabilities: { mac: true } }];
  const list = listOf({ cniVersions: ['0.4.0', '1.1.0'], plugins });
  const { supportedVersions } = await space.cni.getVersionInfo('bridge');
  const negotiated = await space.cni.negotiateVersion(list);
  assert.equal(negotiated.cniVersion, supportedVersions.includes('1.1.0') ? '1.1.0' : '1.0.0');
  assert.deepEqual(await space.cni.validateNetworkList(negotiated), ['mac']);
});

withPlugins('an asked address: CNI_ARGS, args.cni and the capability ips', basic, async (space) => {
  const list = listOf({ plugins: [bridge(space, { capabilities: { ips: true } })] });
  const asked: Partial<RuntimeConf>[] = [
    {
      args: [
        ['IgnoreUnknown', '1'],
        ['IP', '10.213.0.77'],
      ],
    },
    { cniArgs: { ips: ['10.213.0.78'] } },
    { capabilityArgs: { ips: ['10.213.0.79'] } },
  ];
  const got: string[] = [];
  for (const [index, more] of asked.entries()) {
    const result = await space.cni.addNetworkList(list, confOf(space, `c${index}`, more));
    got.push(...addresses(result));
  }
  assert.deepEqual(got, ['10.213.0.77/24', '10.213.0.78/24', '10.213.0.79/24']);
  const again = confOf(space, 'again', asked[0]);
  await assert.rejects(space.cni.addNetworkList(list, again), {
    reason: 'error',
    message: /^plugin bridge failed \(ADD\): .*10\.213\.0\.77/,
  });
});

withPlugins(
  'a range that is used up says so, and DEL after it leaves nothing',
  basic,
  async (space) => {
    const ipam = hostLocal(space, { rangeStart: '10.213.0.2', rangeEnd: '10.213.0.2' });
    const list = listOf({ plugins: [bridge(space, { ipam })] });
    const [a, b] = [confOf(space, 'a'), confOf(space, 'b')];
    await space.cni.addNetworkList(list, a);
    await assert.rejects(space.cni.addNetworkList(list, b), {
      message: /no IP addresses available/,
    });
    await space.cni.delNetworkList(list, b);
    assert.deepEqual(await leases(space), ['10.213.0.2']);
  },
);

withPlugins('GC deletes what has lost its container, netns and all', basic, async (space) => {
  const list = listOf({ plugins: [bridge(space)] });
  const [a, b] = [confOf(space, 'a'), confOf(space, 'b')];
  await space.cni.addNetworkList(list, a);
  await space.cni.addNetworkList(list, b);
  await space.cni.gcNetworkList(list, [{ containerID: 'b', ifname: 'eth0' }]);
  assert.deepEqual(await leases(space), ['10.213.0.3']);
  assert.equal(space.run('ip', ['-br', 'link']).match(/veth/g)?.length, 1);
});

withPlugins('ptp', ['ptp', 'host-local'], async (space) => {
  const list = listOf({ plugins: [{ type: 'ptp', ipMasq: false, ipam: hostLocal(space) }] });
  const conf = confOf(space, 'a');
  assert.deepEqual(addresses(await space.cni.addNetworkList(list, conf)), ['10.213.0.2/24']);
  await space.cni.checkNetworkList(list, conf);
  await space.cni.delNetworkList(list, conf);
  assert.deepEqual(await leases(space), []);
});

withPlugins(
  'macvlan and static, IPv4 and IPv6',
  ['macvlan', 'static'],
  async (space) => {
    const ipam = {
      type: 'static',
      addresses: [{ address: '10.213.1.5/24', gateway: '10.213.1.1' }, { address: 'fd00::5/64' }],
    };
    const list = listOf({ plugins: [{ type: 'macvlan', master: 'up0', ipam }] });
    const conf = confOf(space, 'a');
    const result = await space.cni.addNetworkList(list, conf);
    assert.deepEqual(addresses(result), ['10.213.1.5/24', 'fd00::5/64']);
    await space.cni.delNetworkList(list, conf);
    assert.doesNotMatch(show(space, conf, '-br', 'link'), /eth0/);
  },
  [
    'ip link add up0 type veth peer name up1',
    'ip link set up0 up',
    'ip link add link up0 name probe type macvlan',
    'ip link delete probe',
  ],
);

withPlugins('static addresses on a bridge, IPv4 and IPv6', ['bridge', 'static'], async (space) => {
  const ipam = {
    type: 'static',
    addresses: [{ address: '10.213.1.5/24' }, { address: 'fd00::5/64' }],
  };
  const list = listOf({ plugins: [bridge(space, { isGateway: false, ipam })] });
  const conf = confOf(space, 'a');
  const result = await space.cni.addNetworkList(list, conf);
  assert.deepEqual(addresses(result), ['10.213.1.5/24', 'fd00::5/64']);
  assert.match(
    show(space, conf, '-br', 'address', 'show', 'eth0'),
    /10\.213\.1\.5\/24 fd00::5\/64/,
  );
  await space.cni.delNetworkList(list, conf);
});

withPlugins('loopback', ['loopback'], async (space) => {
  const list = listOf({ plugins: [{ type: 'loopback' }] });
  const conf = confOf(space, 'a', { ifName: 'lo' });
  await space.cni.addNetworkList(list, conf);
  assert.match(show(space, conf, 'link', 'show', 'lo'), /[<,]UP[,>]/);
  await space.cni.checkNetworkList(list, conf);
  await space.cni.delNetworkList(list, conf);
});

withPlugins(
  'dhcp on a bridge, with a server on it',
  ['bridge', 'dhcp'],
  async (space) => {
    space.run('sh', ['-c', 'ip link add br0 type bridge && ip link set br0 up']);
    space.run('ip', ['address', 'add', '10.213.2.1/24', 'dev', 'br0']);
    const socket = join(space.directory, 'dhcp.sock');
    const leaseFile = join(space.directory, 'dnsmasq.leases');
    space.start('/usr/lib/cni/dhcp', ['daemon', '-socketpath', socket]);
    space.start('dnsmasq', [
      '--keep-in-foreground',
      '--conf-file=/dev/null',
      '--user=root',
      '--port=0',
      '--pid-file=',
      '--interface=br0',
      '--bind-interfaces',
      '--no-ping',
      `--dhcp-leasefile=${leaseFile}`,
      '--dhcp-range=10.213.2.10,10.213.2.20,1h',
    ]);
    await waitUntil('the daemons start', () => existsSync(socket) && existsSync(leaseFile));
    const ipam = { type: 'dhcp', daemonSocketPath: socket };
    const list = listOf({ plugins: [{ type: 'bridge', bridge: 'br0', ipam }] });
    const conf = confOf(space, 'a');
    const [address = ''] = addresses(await space.cni.addNetworkList(list, conf));
    assert.match(address, /^10\.213\.2\.(1\d|20)\/24$/);
    assert.ok(readFileSync(leaseFile, 'utf8').includes(address.split('/')[0] ?? ''));
    await space.cni.checkNetworkList(list, conf);
    await space.cni.delNetworkList(list, conf);
    assert.doesNotMatch(show(space, conf, '-br', 'link'), /eth0/);
  },
  ['command -v dnsmasq'],
);
