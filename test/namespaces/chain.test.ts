import assert from 'node:assert/strict';
import { test } from 'node:test';

import { parseNetworkConfiguration } from 'cni-ts-client';
import type { NetworkConfigurationList, RuntimeConf } from 'cni-ts-client';

import { makeFakePlugins, prints } from '../support/fake-plugins.ts';
import type { PluginCall } from '../support/fake-plugins.ts';

const listOf = (value: object): NetworkConfigurationList =>
  parseNetworkConfiguration(JSON.stringify({ name: 'net', ...value }), 'test.conflist');

const conf: RuntimeConf = { containerID: 'c1', netNS: '/run/netns/c1', ifName: 'eth0' };
const first = { cniVersion: '1.0.0', ips: [{ address: '10.1.0.5/16' }] };
const last = { cniVersion: '1.0.0', ips: [{ address: '10.1.0.6/16' }] };

const steps = (calls: readonly PluginCall[]) =>
  calls.map(({ plugin, command, stdin }) => [plugin, command, stdin['prevResult']]);

test('ADD, CHECK and DEL pass the results that the specification says, in its order', async (t) => {
  const plugins = await makeFakePlugins(t);
  await plugins.define('a', { ADD: prints(first) });
  await plugins.define('b', { ADD: prints(last) });
  const cni = plugins.cni();
  const list = listOf({ cniVersion: '1.0.0', plugins: [{ type: 'a' }, { type: 'b' }] });
  assert.deepEqual(await cni.addNetworkList(list, conf), last);
  await cni.checkNetworkList(list, conf);
  await cni.delNetworkList(list, conf);
  await cni.delNetworkList(list, conf);
  assert.deepEqual(steps(await plugins.calls()), [
    ['a', 'ADD', undefined],
    ['b', 'ADD', first],
    ['a', 'CHECK', last],
    ['b', 'CHECK', last],
    ['b', 'DEL', last],
    ['a', 'DEL', last],
    ['b', 'DEL', undefined],
    ['a', 'DEL', undefined],
  ]);
  assert.deepEqual(await cni.getCachedAttachments(), []);
});

test('a plugin gets its parameters and nothing else in its environment', async (t) => {
  const plugins = await makeFakePlugins(t);
  await plugins.define('a', { ADD: prints(first) });
  const cni = plugins.cni({
    path: ['/nowhere', plugins.directory],
    env: { PATH: '/usr/bin:/bin', CNI_COMMAND: 'DEL', EXTRA: 'yes' },
  });
  const list = listOf({ cniVersion: '1.0.0', plugins: [{ type: 'a' }] });
  const args = [
    ['IgnoreUnknown', '1'],
    ['IP', '10.1.0.5/16'],
  ] as const;
  await cni.addNetworkList(list, { ...conf, args });
  const {
    PWD: _pwd,
    _: _program,
    SHLVL: _level,
    OLDPWD: _old,
    ...env
  } = (await plugins.calls())[0]?.env ?? {};
  assert.deepEqual(env, {
    PATH: '/usr/bin:/bin',
    EXTRA: 'yes',
    CNI_COMMAND: 'ADD',
    CNI_CONTAINERID: 'c1',
    CNI_NETNS: '/run/netns/c1',
    CNI_IFNAME: 'eth0',
    CNI_ARGS: 'IgnoreUnknown=1;IP=10.1.0.5/16',
    CNI_PATH: `/nowhere:${plugins.directory}`,
  });
});

test('a plugin gets its configuration with name, version, runtimeConfig and args', async (t) => {
  const plugins = await makeFakePlugins(t);
  await plugins.define('a', { ADD: prints(first) });
  await plugins.define('b', { ADD: prints(last) });
  const list = listOf({
    cniVersion: '1.0.0',
    plugins: [
      {
        type: 'a',
        name: 'its own',
        cniVersion: '0.1.0',
        unknown: { kept: [null] },
        capabilities: { mac: true, ips: false, bandwidth: true },
        args: { other: 1, cni: { labels: [] } },
        prevResult: {},
        'cni.dev/valid-attachments': [],
      },
      { type: 'b' },
    ],
  });
  await plugins.cni().addNetworkList(list, {
    ...conf,
    capabilityArgs: { mac: 'c2:11:22:33:44:55', ips: ['10.0.0.1/8'], portMappings: [] },
    cniArgs: { ips: ['10.0.0.2/8'] },
  });
  const [a, b] = await plugins.calls();
  assert.deepEqual(a?.stdin, {
    type: 'a',
    name: 'net',
    cniVersion: '1.0.0',
    unknown: { kept: [null] },
    runtimeConfig: { mac: 'c2:11:22:33:44:55' },
    args: { other: 1, cni: { labels: [], ips: ['10.0.0.2/8'] } },
  });
  assert.deepEqual(b?.stdin, {
    type: 'b',
    name: 'net',
    cniVersion: '1.0.0',
    args: { cni: { ips: ['10.0.0.2/8'] } },
    prevResult: first,
  });
});

test('a result of another version is converted to that of the network', async (t) => {
  const plugins = await makeFakePlugins(t);
  const old = { cniVersion: '0.2.0', ip4: { ip: '10.1.0.5/16' } };
  await plugins.define('a', { ADD: prints(old) });
  await plugins.define('b', { ADD: prints({ ips: [{ address: '10.1.0.6/16' }] }) });
  const list = listOf({ cniVersion: '1.0.0', plugins: [{ type: 'a' }, { type: 'b' }] });
  assert.deepEqual(await plugins.cni().addNetworkList(list, conf), last);
  assert.deepEqual((await plugins.calls())[1]?.stdin['prevResult'], first);
});

test('before 0.4.0 there is no CHECK, and DEL gets no result', async (t) => {
  const plugins = await makeFakePlugins(t);
  await plugins.define('a', { ADD: prints({ ips: [{ address: '10.1.0.5/16' }] }) });
  const cni = plugins.cni();
  const list = listOf({ cniVersion: '0.3.1', plugins: [{ type: 'a' }] });
  const result = { cniVersion: '0.3.1', ips: [{ version: '4', address: '10.1.0.5/16' }] };
  assert.deepEqual(await cni.addNetworkList(list, conf), result);
  await assert.rejects(cni.checkNetworkList(list, conf), {
    message: 'network net: version 0.3.1 does not support the CHECK command',
  });
  await cni.delNetworkList(list, conf);
  assert.deepEqual(steps(await plugins.calls()), [
    ['a', 'ADD', undefined],
    ['a', 'DEL', undefined],
  ]);
});

test('disableCheck makes CHECK succeed; without ADD it is an error', async (t) => {
  const plugins = await makeFakePlugins(t);
  await plugins.define('a', {});
  const cni = plugins.cni();
  const network = { cniVersion: '1.0.0', plugins: [{ type: 'a' }] };
  await cni.checkNetworkList(listOf({ ...network, disableCheck: true }), conf);
  await assert.rejects(cni.checkNetworkList(listOf(network), conf), {
    message: 'container c1 has no cached result for network net, interface eth0',
  });
  assert.deepEqual(await plugins.calls(), []);
});

const parameters: [change: Partial<RuntimeConf>, sentence: RegExp][] = [
  [{ containerID: '' }, /^containerID: expected letters.*not ""$/],
  [{ containerID: '../x' }, /^containerID: expected letters.*not "..\/x"$/],
  [{ ifName: 'sixteen-letters-' }, /^ifName: expected an interface's name of at most 15 bytes/],
  [{ ifName: 'a/b' }, /^ifName: .*not "a\/b"$/],
  [{ ifName: '..' }, /^ifName: .*not "\.\."$/],
  [{ netNS: undefined }, /^netNS: expected a path$/],
  [{ args: [['a=b', 'c']] }, /^args: "a=b=c" cannot be written in CNI_ARGS$/],
  [{ args: [['a', 'b;c=d']] }, /^args: "a=b;c=d" cannot be written in CNI_ARGS$/],
  [{ containerID: 'x'.repeat(250) }, /^containerID: cannot be part of the file name/],
];
for (const [change, message] of parameters) {
  test(`refused before a plugin runs: ${JSON.stringify(change).slice(0, 60)}`, async (t) => {
    const plugins = await makeFakePlugins(t);
    await plugins.define('a', { ADD: prints(first) });
    const list = listOf({ plugins: [{ type: 'a' }] });
    await assert.rejects(plugins.cni().addNetworkList(list, { ...conf, ...change }), { message });
    assert.deepEqual(await plugins.calls(), []);
  });
}
