import assert from 'node:assert/strict';
import { mkdir, readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';

import { CacheError, parseNetworkConfiguration } from 'cni-ts-client';
import type { RuntimeConf } from 'cni-ts-client';

import { makeFakePlugins, prints } from '../support/fake-plugins.ts';

const list = parseNetworkConfiguration(
  JSON.stringify({ cniVersion: '1.0.0', name: 'net', plugins: [{ type: 'a', key: 1 }] }),
  'test.conflist',
);
const conf: RuntimeConf = {
  containerID: 'c1',
  netNS: '/run/netns/c1',
  ifName: 'eth0',
  args: [['IP', '10.1.0.5']],
  capabilityArgs: { mac: 'c2:11:22:33:44:55' },
  cniArgs: { ips: ['10.1.0.5/16'] },
};
const result = { cniVersion: '1.0.0', ips: [{ address: '10.1.0.5/16' }] };

const added = async (t: TestContext) => {
  const plugins = await makeFakePlugins(t);
  await plugins.define('a', { ADD: prints(result) });
  const cni = plugins.cni();
  await cni.addNetworkList(list, conf);
  return { plugins, cni, file: join(plugins.cacheDir, 'results', 'net-c1-eth0') };
};

test('the file is the one that libcni writes, and nothing else is left', async (t) => {
  const { plugins, file } = await added(t);
  const { config, ...content } = JSON.parse(await readFile(file, 'utf8'));
  assert.deepEqual(content, {
    kind: 'cniCacheV1',
    containerId: 'c1',
    ifName: 'eth0',
    networkName: 'net',
    netns: '/run/netns/c1',
    cniArgs: [['IP', '10.1.0.5']],
    capabilityArgs: { mac: 'c2:11:22:33:44:55' },
    result,
    configArgs: { ips: ['10.1.0.5/16'] },
  });
  const text = Buffer.from(config, 'base64').toString();
  assert.deepEqual(parseNetworkConfiguration(text, file), {
    ...list,
    loadOnlyInlinedPlugins: true,
  });
  assert.equal((await stat(file)).mode & 0o777, 0o600);
  assert.deepEqual(await readdir(plugins.cacheDir), ['results']);
  assert.deepEqual(await readdir(join(plugins.cacheDir, 'results')), ['net-c1-eth0']);
});

test('the cache gives back what was added', async (t) => {
  const { cni } = await added(t);
  const attachment = await cni.getNetworkListCachedConfig(list, conf);
  const { config, network, ...parameters } = attachment ?? {};
  assert.deepEqual(parameters, conf);
  assert.equal(network, 'net');
  assert.match(config ?? '', /^\{"cniVersion":"1\.0\.0","name":"net"/);
  assert.deepEqual(await cni.getCachedAttachments('c1'), [attachment]);
  assert.deepEqual(await cni.getCachedAttachments('c'), []);
});

test('a cached result comes in the version that the network has now', async (t) => {
  const { cni } = await added(t);
  const older = { ...list, cniVersion: '0.2.0' as const };
  assert.deepEqual(await cni.getNetworkListCachedResult(older, conf), {
    cniVersion: '0.2.0',
    ip4: { ip: '10.1.0.5/16' },
  });
});

test('the bare result that an old libcni left is read', async (t) => {
  const { cni, file, plugins } = await added(t);
  await writeFile(file, JSON.stringify({ ip4: { ip: '10.1.0.9/16' } }));
  await cni.checkNetworkList(list, conf);
  assert.deepEqual((await plugins.calls())[1]?.stdin['prevResult'], {
    cniVersion: '1.0.0',
    ips: [{ address: '10.1.0.9/16' }],
  });
});

for (const damage of ['', '{', '[]', '{"cniVersion":"7.0.0"}']) {
  test(`with the file ${JSON.stringify(damage)} CHECK fails and DEL goes on without it`, async (t) => {
    const { cni, file, plugins } = await added(t);
    await writeFile(file, damage);
    await assert.rejects(cni.checkNetworkList(list, conf), { constructor: CacheError });
    await cni.delNetworkList(list, conf);
    const calls = await plugins.calls();
    assert.deepEqual([calls[1]?.command, calls[1]?.stdin['prevResult']], ['DEL', undefined]);
    await assert.rejects(stat(file), { code: 'ENOENT' });
  });
}

test('what is no attachment is passed over in the list', async (t) => {
  const { cni, plugins } = await added(t);
  const results = join(plugins.cacheDir, 'results');
  await writeFile(join(results, 'junk'), 'junk');
  await writeFile(join(results, 'old'), JSON.stringify(result));
  await writeFile(join(results, 'empty'), JSON.stringify({ kind: 'cniCacheV1', ifName: '' }));
  await mkdir(join(results, 'directory'));
  assert.equal((await cni.getCachedAttachments()).length, 1);
});

test('two attachments whose names make one file name do not mix', async (t) => {
  const { cni, plugins } = await added(t);
  await cni.addNetworkList({ ...list, name: 'net-x' }, { ...conf, containerID: 'c1' });
  const twin = { ...conf, containerID: 'x-c1' };
  await assert.rejects(cni.addNetworkList(list, twin), {
    constructor: CacheError,
    message: `${plugins.cacheDir}/results/net-x-c1-eth0 belongs to container c1 in network net-x`,
  });
  await cni.delNetworkList(list, twin);
  assert.equal((await cni.getCachedAttachments()).length, 2);
});

test('a cache that cannot be written is an error that names the file', async (t) => {
  const plugins = await makeFakePlugins(t);
  await plugins.define('a', { ADD: prints(result) });
  await writeFile(plugins.cacheDir, '');
  await assert.rejects(plugins.cni().addNetworkList(list, conf), { constructor: CacheError });
});
