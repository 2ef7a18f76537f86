import assert from 'node:assert/strict';
import { join } from 'node:path';

import { convertResult } from 'cni-ts-client';

import {
  basic,
  bridge,
  confOf,
  leases,
  listOf,
  show,
  withPlugins,
} from '../support/real-plugins.ts';

withPlugins(
  'tuning behind a bridge: a MAC by capability, and a sysctl',
  ['tuning', ...basic],
  async (space) => {
    const tuning = {
      type: 'tuning',
      dataDir: join(space.directory, 'tuning'),
      capabilities: { mac: true },
      sysctl: { 'net.ipv4.conf.all.arp_filter': '1' },
    };
    const list = listOf({ plugins: [bridge(space), tuning] });
    const mac = 'c2:11:22:33:44:55';
    const conf = confOf(space, 'a', { capabilityArgs: { mac } });
    const result = convertResult(await space.cni.addNetworkList(list, conf), '1.0.0');
    assert.equal(result.interfaces?.find((each) => each.name === 'eth0')?.mac, mac);
    assert.match(show(space, conf, 'link', 'show', 'eth0'), new RegExp(mac));
    await space.cni.checkNetworkList(list, conf);
    await space.cni.delNetworkList(list, conf);
  },
);

withPlugins(
  'portmap behind a bridge: rules come and go',
  ['portmap', ...basic],
  async (space) => {
    const portmap = { type: 'portmap', capabilities: { portMappings: true } };
    const list = listOf({ plugins: [bridge(space, { ipMasq: true }), portmap] });
    const portMappings = [{ hostPort: 8080, containerPort: 80, protocol: 'tcp' }];
    const conf = confOf(space, 'a', { capabilityArgs: { portMappings } });
    await space.cni.addNetworkList(list, conf);
    const rules = () => space.run('iptables-save', ['-t', 'nat']);
    assert.match(rules(), /--dport 8080 -j DNAT --to-destination 10\.213\.0\.2:80/);
    assert.match(rules(), /-j MASQUERADE/);
    // No CHECK: the plugin's 1.1.1 looks for IPv6 chains also where there is no IPv6 address.
    await space.cni.delNetworkList(list, conf);
    assert.doesNotMatch(rules(), /8080|10\.213\.0\.2/);
    assert.deepEqual(await leases(space), []);
  },
  ['iptables -t nat -S', 'ip6tables -t nat -S'],
);

withPlugins(
  'firewall behind a bridge: rules come and go',
  ['firewall', ...basic],
  async (space) => {
    const firewall = { type: 'firewall', backend: 'iptables' };
    const list = listOf({ plugins: [bridge(space), firewall] });
    const conf = confOf(space, 'a');
    await space.cni.addNetworkList(list, conf);
    const rules = () => space.run('iptables-save', ['-t', 'filter']);
    assert.match(rules(), /-s 10\.213\.0\.2\/32 -j ACCEPT/);
    await space.cni.delNetworkList(list, conf);
    assert.doesNotMatch(rules(), /10\.213\.0\.2/);
  },
  ['iptables -t filter -S', 'ip6tables -t filter -S'],
);

withPlugins(
  'bandwidth behind a bridge: limits by capability',
  ['bandwidth', ...basic],
  async (space) => {
    const shaping = { type: 'bandwidth', capabilities: { bandwidth: true } };
    const list = listOf({ plugins: [bridge(space), shaping] });
    const bandwidth = { ingressRate: 8e6, ingressBurst: 8e6, egressRate: 8e6, egressBurst: 8e6 };
    const conf = confOf(space, 'a', { capabilityArgs: { bandwidth } });
    await space.cni.addNetworkList(list, conf);
    assert.match(space.run('tc', ['qdisc']), /qdisc tbf .* rate 8Mbit/);
    await space.cni.checkNetworkList(list, conf);
    await space.cni.delNetworkList(list, conf);
    assert.doesNotMatch(space.run('ip', ['-br', 'link']), /bwp/);
  },
  [
    'ip link add probe type ifb',
    'tc qdisc add dev probe root tbf rate 1mbit burst 10k latency 25ms',
    'tc qdisc add dev probe ingress',
    'ip link delete probe',
  ],
);
