import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import type { TestContext } from 'node:test';

import { type FakeDom0, makeFakeDom0 } from './fake-dom0.ts';
import { type FakePlugins, makeFakePlugins, prints } from './fake-plugins.ts';
import { minimalSpec } from './spec.ts';

/** A network of the fake plugin "link". */
export const network = {
  cniVersion: '1.0.0',
  name: 'net',
  type: 'link',
  ipam: { type: 'addresses', subnet: '10.0.0.0/24' },
};
/** What VERSION answers. */
export const version = prints({ cniVersion: '1.0.0', supportedVersions: ['0.4.0', '1.0.0'] });
/** What ADD answers. */
export const result = {
  cniVersion: '1.0.0',
  ips: [{ address: '10.0.0.2/24' }],
  dns: { nameservers: ['10.0.0.53'], search: ['example'] },
};

/** A fake Dom0 with fake plugins. */
export interface Networks {
  readonly dom0: FakeDom0;
  readonly plugins: FakePlugins;
  readonly file: string;
  /** A bundle whose process has this NETCONF. */
  readonly bundleWith: (netconf: string, changes?: object) => Promise<string>;
  readonly create: (netconf: string, changes?: object) => ReturnType<FakeDom0['runx']>;
  /** ADD and DEL as "PLUGIN COMMAND INTERFACE". */
  readonly called: () => Promise<readonly string[]>;
  readonly attachments: () => readonly string[];
  readonly heldNetns: () => readonly string[];
}

export const makeNetworks = async (
  t: TestContext,
  settings: Parameters<FakeDom0['configure']>[0] = {},
): Promise<Networks> => {
  // Before the directory goes, which holds a mount for each container.
  t.after(async () => {
    for (const id of dom0.containers()) await dom0.runx(['delete', '--force', id]);
  });
  const dom0 = await makeFakeDom0(t);
  const plugins = await makeFakePlugins(t);
  await dom0.configure({ cni_path: [plugins.directory], ...settings });
  await plugins.define('link', { VERSION: version, ADD: prints(result) });
  await plugins.define('addresses', { VERSION: version });
  const file = dom0.path('cni/net.conf');
  await writeFile(file, JSON.stringify(network), { mode: 0o644 });
  const bundleWith: Networks['bundleWith'] = (netconf, changes = {}) => {
    const env = ['A=b', `NETCONF=${netconf}`];
    return dom0.makeBundle('bundle', { process: { ...minimalSpec.process, env }, ...changes });
  };
  return {
    dom0,
    plugins,
    file,
    bundleWith,
    create: async (netconf, changes) =>
      dom0.runx(['create', '--bundle', await bundleWith(netconf, changes), 'web']),
    called: async () => {
      const calls = await plugins.calls();
      return calls
        .filter(({ command }) => command !== 'VERSION')
        .map(({ plugin, command, env }) => `${plugin} ${command} ${env['CNI_IFNAME']}`);
    },
    attachments: () =>
      existsSync(dom0.path('data/attachments')) ? readdirSync(dom0.path('data/attachments')) : [],
    heldNetns: () =>
      readFileSync('/proc/self/mountinfo', 'utf8')
        .split('\n')
        .filter((line) => line.includes(dom0.directory)),
  };
};

export const assertNothingIsLeft = ({ dom0, attachments, heldNetns }: Networks): void => {
  assert.deepEqual(dom0.containers(), [], 'no state');
  assert.deepEqual(dom0.domains(), [], 'no domain');
  assert.deepEqual(dom0.monitors(), [], 'no monitor');
  assert.deepEqual(attachments(), [], 'no attachment');
  assert.deepEqual(heldNetns(), [], 'no mount');
};
