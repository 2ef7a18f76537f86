import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';

import { CniErrors, PluginError, UnsupportedError, parseNetworkConfiguration } from 'cni-ts-client';
import type { Cni, NetworkConfigurationList, RuntimeConf } from 'cni-ts-client';

import { makeFakePlugins, prints } from '../support/fake-plugins.ts';
import type { FakePlugins, PluginCall } from '../support/fake-plugins.ts';

const listOf = (value: object): NetworkConfigurationList =>
  parseNetworkConfiguration(JSON.stringify({ name: 'net', ...value }), 'test.conflist');

const confOf = (containerID: string): RuntimeConf => ({
  containerID,
  netNS: `/run/netns/${containerID}`,
  ifName: 'eth0',
  args: [['K', containerID]],
});
const result = { ips: [{ address: '10.1.0.5/16' }] };
const two = [{ type: 'a' }, { type: 'b' }];

const steps = (calls: readonly PluginCall[]) =>
  calls.map(({ plugin, command, env }) => `${plugin} ${command} ${env['CNI_CONTAINERID']}`);

const defineTwo = async (plugins: FakePlugins, b: Readonly<Record<string, string>> = {}) => {
  await plugins.define('a', { ADD: prints(result) });
  await plugins.define('b', { ADD: prints(result), ...b });
};

const addAll = async (cni: Cni, list: NetworkConfigurationList, ids: readonly string[]) => {
  for (const id of ids) await cni.addNetworkList(list, confOf(id));
};

test('GC before 1.1.0: DEL of what is not valid any more, as it was added', async (t) => {
  const plugins = await makeFakePlugins(t);
  await defineTwo(plugins);
  const cni = plugins.cni();
  const list = listOf({ cniVersion: '1.0.0', plugins: two });
  await addAll(cni, list, ['c1', 'c2', 'c3']);
  await cni.addNetworkList({ ...list, name: 'other' }, confOf('c1'));
  await plugins.calls();
  plugins.forgetCalls();
  await cni.gcNetworkList(list, [{ containerID: 'c2', ifname: 'eth0' }]);
  const calls = await plugins.calls();
  assert.deepEqual(steps(calls), ['b DEL c1', 'a DEL c1', 'b DEL c3', 'a DEL c3']);
  const { CNI_NETNS, CNI_ARGS } = calls[0]?.env ?? {};
  assert.deepEqual([CNI_NETNS, CNI_ARGS], ['/run/netns/c1', 'K=c1']);
  const left = await cni.getCachedAttachments();
  assert.deepEqual(
    left.map(({ network, containerID }) => [network, containerID]),
    [
      ['net', 'c2'],
      ['other', 'c1'],
    ],
  );
});

test('GC of 1.1.0 tells every plugin what is valid, and gathers the errors', async (t) => {
  const plugins = await makeFakePlugins(t);
  await defineTwo(plugins, { DEL: 'exit 1' });
  await plugins.define('a', { GC: `${prints({ code: 5, msg: 'disk' })}; exit 1` });
  const cni = plugins.cni();
  const list = listOf({ cniVersion: '1.1.0', plugins: two });
  await addAll(cni, list, ['c1', 'c2']);
  await plugins.calls();
  plugins.forgetCalls();
  const valid = [{ containerID: 'c2', ifname: 'eth0' }];
  await assert.rejects(cni.gcNetworkList(list, valid), (error) => {
    assert.ok(error instanceof CniErrors);
    assert.equal(error.message, 'plugin b failed (DEL): exit code 1; plugin a failed (GC): disk');
    assert.deepEqual(
      error.errors.map((each) => each instanceof PluginError && each.code),
      [undefined, 5],
    );
    return true;
  });
  const calls = await plugins.calls();
  assert.deepEqual(steps(calls), ['b DEL c1', 'a GC ', 'b GC ']);
  assert.deepEqual(calls[2]?.stdin, {
    type: 'b',
    name: 'net',
    cniVersion: '1.1.0',
    'cni.dev/valid-attachments': valid,
    'cni.dev/attachments': valid,
  });
});

test('disableGC makes GC do nothing', async (t) => {
  const plugins = await makeFakePlugins(t);
  await defineTwo(plugins);
  const cni = plugins.cni();
  const list = listOf({ cniVersion: '1.1.0', disableGC: true, plugins: two });
  await addAll(cni, list, ['c1']);
  await cni.gcNetworkList(list, []);
  assert.equal((await plugins.calls()).length, 2);
});

test('STATUS asks the plugins from 1.1.0 on; the first that is not ready is the error', async (t) => {
  const plugins = await makeFakePlugins(t);
  const notReady = { cniVersion: '1.1.0', code: 50, msg: 'no daemon' };
  await defineTwo(plugins, { STATUS: `${prints(notReady)}; exit 1` });
  const cni = plugins.cni();
  await cni.getStatusNetworkList(listOf({ cniVersion: '1.0.0', plugins: two }));
  assert.deepEqual(await plugins.calls(), []);
  const asked = cni.getStatusNetworkList(listOf({ cniVersion: '1.1.0', plugins: two }));
  await assert.rejects(asked, { code: 50, message: 'plugin b failed (STATUS): no daemon' });
  assert.deepEqual(steps(await plugins.calls()), ['a STATUS ', 'b STATUS ']);
});

const supports = (...supportedVersions: string[]) =>
  prints({ cniVersion: '1.1.0', supportedVersions });

test('the version is the greatest that the list and all plugins have', async (t) => {
  const plugins = await makeFakePlugins(t);
  await plugins.define('a', { VERSION: supports('0.4.0', '1.0.0', '1.1.0') });
  await plugins.define('b', { VERSION: supports('0.3.1', '0.4.0', '1.0.0') });
  const cni = plugins.cni();
  const list = listOf({ cniVersions: ['0.3.1', '0.4.0', '1.1.0'], plugins: two });
  assert.equal(list.cniVersion, '1.1.0');
  assert.equal((await cni.negotiateVersion(list)).cniVersion, '0.4.0');
  await assert.rejects(cni.negotiateVersion(listOf({ cniVersion: '1.1.0', plugins: two })), {
    constructor: UnsupportedError,
    message:
      'network net: no common version: the configuration allows 1.1.0; a supports 0.4.0, 1.0.0, 1.1.0; b supports 0.3.1, 0.4.0, 1.0.0',
  });
});

const versionAnswers: [answer: string, supported: readonly string[]][] = [
  [supports('0.1.0', '1.0.0'), ['0.1.0', '1.0.0']],
  [prints({ cniVersion: '0.2.0' }), ['0.1.0', '0.2.0']],
  [`${prints({ code: 4, msg: 'unknown CNI_COMMAND: VERSION' })}; exit 1`, ['0.1.0']],
];
for (const [answer, supported] of versionAnswers) {
  test(`VERSION: ${answer}`, async (t) => {
    const plugins = await makeFakePlugins(t);
    await plugins.define('a', { VERSION: answer });
    const info = await plugins.cni().getVersionInfo('a');
    assert.deepEqual(info.supportedVersions, supported);
  });
}

test('an answer to VERSION without versions is an error', async (t) => {
  const plugins = await makeFakePlugins(t);
  await plugins.define('a', { VERSION: prints({ cniVersion: '1.0.0' }) });
  await assert.rejects(plugins.cni().getVersionInfo('a'), {
    reason: 'output',
    message: 'plugin a failed (VERSION): the output has no list of supported versions',
  });
});

test('a valid list gives its capabilities, another everything that is wrong', async (t) => {
  const plugins = await makeFakePlugins(t);
  await plugins.define('a', { VERSION: supports('1.0.0') });
  const capable = { type: 'a', capabilities: { portMappings: true, mac: true, ips: false } };
  const cni = plugins.cni();
  const list = listOf({ cniVersion: '1.0.0', plugins: [capable, { type: 'a' }] });
  assert.deepEqual(await cni.validateNetworkList(list), ['mac', 'portMappings']);
  const bad = listOf({ cniVersion: '0.4.0', plugins: two });
  await assert.rejects(cni.validateNetworkList(bad), {
    constructor: CniErrors,
    message: `plugin a does not support version 0.4.0, only 1.0.0; plugin b not found in ${plugins.directory}`,
  });
});

// Notes when the plugin begins and ends, with time between for others.
const noted = (file: string, what: string) =>
  `echo "begin ${what}$CNI_CONTAINERID" >>${file}; sleep 0.1; echo "end ${what}$CNI_CONTAINERID" >>${file}; ${prints(result)}`;

test('one call at a time for a container, several containers at once, GC alone', async (t) => {
  const plugins = await makeFakePlugins(t);
  const file = `${plugins.directory}/notes`;
  await plugins.define('a', { ADD: noted(file, ''), DEL: noted(file, ''), GC: noted(file, 'gc') });
  const cni = plugins.cni();
  const list = listOf({ cniVersion: '1.1.0', plugins: [{ type: 'a' }] });
  const valid = ['c1', 'c2'].map((containerID) => ({ containerID, ifname: 'eth0' }));
  await Promise.all([
    cni.addNetworkList(list, confOf('c1')),
    cni.addNetworkList(list, confOf('c2')),
    cni.delNetworkList(list, confOf('c1')),
    cni.gcNetworkList(list, valid),
    cni.delNetworkList(list, confOf('c2')),
  ]);
  const notes = (await readFile(file, 'utf8')).trimEnd().split('\n');
  assert.deepEqual(notes.slice(0, 2).toSorted(), ['begin c1', 'begin c2']);
  assert.deepEqual(
    notes.filter((note) => note.endsWith('c1')),
    ['begin c1', 'end c1', 'begin c1', 'end c1'],
  );
  assert.deepEqual(notes.slice(6), ['begin gc', 'end gc', 'begin c2', 'end c2']);
});

test('twenty containers at once all get their result into the cache', async (t) => {
  const plugins = await makeFakePlugins(t);
  await defineTwo(plugins);
  const cni = plugins.cni();
  const list = listOf({ cniVersion: '1.0.0', plugins: two });
  const ids = Array.from({ length: 20 }, (_, index) => `c${index}`);
  await Promise.all(ids.map((id) => cni.addNetworkList(list, confOf(id))));
  const cached = await cni.getCachedAttachments();
  assert.deepEqual(cached.map(({ containerID }) => containerID).toSorted(), ids.toSorted());
});
