import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import { type CniFacts, checkCni, findCni } from '../../../src/check/networks.ts';
import { makeFileTree } from '../../support/file-tree.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const facts: CniFacts = {
  path: ['/opt/cni/bin', '/usr/lib/cni'],
  plugins: ['bridge', 'host-local'],
  directory: '/etc/cni/net.d',
  networks: [{ file: '/etc/cni/net.d/web.conf', name: 'web', types: ['bridge', 'host-local'] }],
  bridges: ['cni0'],
};

const outcomes = (changes: Partial<CniFacts>): readonly string[] =>
  checkCni({ ...facts, ...changes }).map(
    ({ name, status, found }) => `${status} ${name}: ${found}`,
  );

test('plugins, configurations and bridges are named', () => {
  assert.deepEqual(outcomes({}), [
    'ok cni-plugins: bridge, host-local',
    'ok cni-configurations: /etc/cni/net.d has web',
    'ok bridges: cni0',
  ]);
});

test('without plugins, configurations and bridges, NETCONF is what cannot be had', () => {
  assert.deepEqual(outcomes({ plugins: [], networks: [], bridges: [] }), [
    'warning cni-plugins: no plugins in /opt/cni/bin, /usr/lib/cni: NETCONF does not work',
    'warning cni-configurations: no configuration in /etc/cni/net.d: there is no network that NETCONF could name',
    'ok bridges: no bridges; the CNI plugin bridge creates its own',
  ]);
  assert.equal(
    outcomes({ plugins: [], path: [] })[0],
    'warning cni-plugins: no plugins in cni_path, which is empty: NETCONF does not work',
  );
});

test('a configuration that is wrong, or needs a plugin that is not there, is a warning', () => {
  const networks = [
    ...facts.networks,
    { file: '/etc/cni/net.d/bad.conf', problem: '/etc/cni/net.d/bad.conf: is not JSON' },
    { file: '/etc/cni/net.d/lan.conf', name: 'lan', types: ['macvlan', 'dhcp'] },
  ];
  assert.equal(
    outcomes({ networks })[1],
    'warning cni-configurations: /etc/cni/net.d/bad.conf: is not JSON; network lan needs the plugin macvlan: NETCONF does not work with these files',
  );
});

test('they are found as plugins and NETCONF would find them', async (t) => {
  const root = await temporaryDirectory(t);
  await makeFileTree(root, {
    executables: ['bin/bridge', 'more/host-local', 'more/bridge'],
    files: ['bin/README', 'more/directory/', 'sys/class/net/lo/address'],
  });
  await makeFileTree(root, { files: ['sys/class/net/br0/bridge/stp_state'] });
  await mkdir(join(root, 'etc/cni/net.d'), { recursive: true });
  const web = { cniVersion: '1.0.0', name: 'web', type: 'bridge', ipam: { type: 'host-local' } };
  await writeFile(join(root, 'etc/cni/net.d/10-web.conf'), JSON.stringify(web));
  await writeFile(join(root, 'etc/cni/net.d/20-bad.conflist'), '{');
  await writeFile(join(root, 'etc/cni/net.d/notes.txt'), '');
  const found = await findCni(
    {
      cni_path: ['bin', 'more', 'none'].map((name) => join(root, name)),
      netconf_directories: ['/etc/cni'],
    },
    root,
  );
  assert.deepEqual(found.plugins, ['bridge', 'host-local']);
  assert.deepEqual(found.bridges, ['br0']);
  const [first, second, ...others] = found.networks;
  const isRoot = process.getuid?.() === 0;
  assert.deepEqual(first?.name, isRoot ? 'web' : undefined);
  if (isRoot) assert.deepEqual(first?.types, ['bridge', 'host-local']);
  else assert.match(first?.problem ?? '', /must belong to root$/);
  assert.match(second?.problem ?? '', /20-bad\.conflist: is not JSON/);
  assert.deepEqual(others, []);
});
