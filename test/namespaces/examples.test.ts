import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { loadNetworkConfigurationFile } from 'cni-ts-client';
import type { NetworkConfigurationList } from 'cni-ts-client';

import type { Namespaces } from '../support/network-namespaces.ts';
import { addresses, basic, confOf, leases, withPlugins } from '../support/real-plugins.ts';

const directory = fileURLToPath(new URL('../../examples/netconf', import.meta.url));

interface Example {
  readonly name: string;
  readonly plugins?: readonly string[];
  /** Of the first container; none where somebody else gives them. */
  readonly addresses?: readonly string[];
}

const examples: Readonly<Record<string, Example>> = {
  'dual.conf': { name: 'dual', addresses: ['10.88.2.2/24', 'fd00:88:2::2/64'] },
  'lan.conf': { name: 'lan' },
  'mynet.conf': { name: 'mynet', addresses: ['192.168.0.2/24'] },
  'web.conflist': { name: 'web', plugins: ['portmap'], addresses: ['10.88.1.2/24'] },
};

// With the test's own name and directory of leases.
const inSpace = (list: NetworkConfigurationList, space: Namespaces): NetworkConfigurationList => ({
  ...list,
  name: 'net',
  plugins: list.plugins.map(({ ipam, ...plugin }) => ({
    ...plugin,
    ...(ipam && { ipam: { ...ipam, dataDir: join(space.directory, 'leases') } }),
  })),
});

for (const file of readdirSync(directory).filter((name) => name !== 'README.md')) {
  const example = examples[file];
  const plugins = [...basic, ...(example?.plugins ?? [])];
  const probe = ['iptables -t nat -S', 'ip6tables -t nat -S'];
  withPlugins(
    `examples/netconf/${file} is valid, and gives what it says`,
    plugins,
    async (space) => {
      assert.ok(example, `${file} is an example that this test knows`);
      const list = await loadNetworkConfigurationFile(join(directory, file));
      assert.equal(list.name, example.name);
      await space.cni.validateNetworkList(list);
      if (example.addresses === undefined) return;
      const [own, conf] = [inSpace(list, space), confOf(space, 'a')];
      const result = await space.cni.addNetworkList(own, conf);
      assert.deepEqual(addresses(result), example.addresses);
      assert.match(space.run('iptables-save', ['-t', 'nat']), /-j MASQUERADE/);
      await space.cni.delNetworkList(own, conf);
      assert.deepEqual(await leases(space), []);
    },
    probe,
  );
}
