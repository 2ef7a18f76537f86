import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import {
  ConfigurationError,
  NetworkNotFoundError,
  loadNetworkConfiguration,
  loadNetworkConfigurationFile,
  parseNetworkConfiguration,
} from 'cni-ts-client';

import { temporaryDirectory } from '../../support/temporary-directory.ts';

const parse = (value: unknown) => parseNetworkConfiguration(JSON.stringify(value), 'a.conf');

test('a list keeps its plugins with all their keys', () => {
  const plugins = [{ type: 'bridge', keyA: [1, { b: null }] }, { type: 'portmap' }];
  assert.deepEqual(parse({ cniVersion: '1.0.0', name: 'net', plugins }), {
    cniVersion: '1.0.0',
    cniVersions: ['1.0.0'],
    name: 'net',
    disableCheck: false,
    disableGC: false,
    loadOnlyInlinedPlugins: false,
    plugins,
  });
});

test('a single plugin is a list of one', () => {
  const plugin = { cniVersion: '0.2.0', name: 'mynet', type: 'bridge', ipam: { type: 'dhcp' } };
  const list = parse(plugin);
  assert.deepEqual([list.cniVersion, list.name, list.plugins], ['0.2.0', 'mynet', [plugin]]);
});

const versions: [
  cniVersion: string | undefined,
  cniVersions: string[] | undefined,
  chosen: string,
][] = [
  [undefined, undefined, '0.1.0'],
  ['', undefined, '0.1.0'],
  ['0.4.0', undefined, '0.4.0'],
  ['0.4.0', ['1.0.0', '0.3.1'], '1.0.0'],
  ['1.1.0', ['1.0.0', '0.3.1'], '1.1.0'],
  [undefined, ['0.3.0', '1.1.0', '1.2.0', '2.0.0'], '1.1.0'],
  ['3.0.0', ['1.0.0'], '1.0.0'],
];
for (const [cniVersion, cniVersions, chosen] of versions) {
  test(`cniVersion ${cniVersion} and cniVersions ${cniVersions?.join(' ')} make ${chosen}`, () => {
    const list = parse({ cniVersion, cniVersions, name: 'net', plugins: [{ type: 'a' }] });
    assert.equal(list.cniVersion, chosen);
  });
}

test('the flags are booleans, or words as for libcni', () => {
  const flags = { disableCheck: true, disableGC: 'TRUE', loadOnlyInlinedPlugins: 'false' };
  const list = parse({ ...flags, name: 'net', plugins: [{ type: 'a' }] });
  assert.deepEqual(
    [list.disableCheck, list.disableGC, list.loadOnlyInlinedPlugins],
    [true, true, false],
  );
});

const plugins = [{ type: 'a' }];
const broken: [document: unknown, sentence: string][] = [
  [[], 'a.conf: expected an object'],
  [null, 'a.conf: expected an object'],
  [{ plugins }, 'a.conf: name: is missing'],
  [{ name: 3, plugins }, 'a.conf: name: expected a string'],
  [
    { name: '../x', plugins },
    'a.conf: name: expected letters, digits, ".", "_" and "-", a letter or digit first',
  ],
  [{ name: 'n', plugins: [] }, 'a.conf: plugins: expected at least one plugin'],
  [{ name: 'n', plugins: {} }, 'a.conf: plugins: expected a list'],
  [{ name: 'n' }, 'a.conf: plugins: expected a list of plugins'],
  [{ name: 'n', plugins: [{}] }, 'a.conf: plugins.0.type: is missing'],
  [{ name: 'n', plugins: ['a'] }, 'a.conf: plugins.0: expected an object'],
  [{ name: 'n', plugins: [{ type: '' }] }, 'a.conf: plugins.0.type: expected the name of a plugin'],
  [{ name: 'n', type: '../sh' }, 'a.conf: type: must not contain a slash'],
  [
    { name: 'n', plugins: [{ type: 'a', capabilities: { mac: 'yes' } }] },
    'a.conf: plugins.0.capabilities.mac: expected true or false',
  ],
  [{ name: 'n', type: 'a', capabilities: [true] }, 'a.conf: capabilities: expected an object'],
  [{ name: 'n', type: 'a', ipam: ['dhcp'] }, 'a.conf: ipam: expected an object'],
  [{ name: 'n', plugins, disableGC: 'maybe' }, 'a.conf: disableGC: expected true or false'],
  [
    { name: 'n', plugins, cniVersion: 'one' },
    'a.conf: cniVersion: expected a version such as 1.0.0',
  ],
  [
    { name: 'n', plugins, cniVersions: ['1'] },
    'a.conf: cniVersions.0: expected a version such as 1.0.0',
  ],
  [
    { name: 'n', plugins, cniVersion: '2.0.0' },
    'a.conf: cniVersion: version 2.0.0 is not supported: use one of 0.1.0, 0.2.0, 0.3.0, 0.3.1, 0.4.0, 1.0.0, 1.1.0',
  ],
  [
    { name: 'n', loadOnlyInlinedPlugins: true },
    'a.conf: plugins: is missing, but loadOnlyInlinedPlugins is true',
  ],
];
for (const [document, sentence] of broken) {
  test(`${JSON.stringify(document)} is refused`, () => {
    assert.throws(
      () => parse(document),
      (error) => {
        assert.ok(error instanceof ConfigurationError);
        assert.equal(error.message, sentence);
        return true;
      },
    );
  });
}

test('text that is not JSON is refused by name', () => {
  assert.throws(() => parseNetworkConfiguration('{', '/etc/cni/x'), {
    message: '/etc/cni/x: is not JSON',
  });
});

const write = (file: string, value: unknown) => writeFile(file, JSON.stringify(value));
const named = (name: string, type: string) => ({ name, plugins: [{ type }] });

test('the first list with the name wins, and lists come before single plugins', async (t) => {
  const directory = await temporaryDirectory(t);
  await write(join(directory, '00.conf'), { name: 'net', type: 'single' });
  await write(join(directory, '01.json'), { name: 'other', type: 'json' });
  await write(join(directory, '30.conflist'), named('net', 'third'));
  await write(join(directory, '20.conflist'), named('net', 'second'));
  await write(join(directory, '10.conflist'), named('first', 'first'));
  await mkdir(join(directory, '05.conflist'));
  const typeOf = async (name: string) =>
    (await loadNetworkConfiguration(directory, name)).plugins.map((plugin) => plugin.type);
  assert.deepEqual(await typeOf('net'), ['second']);
  assert.deepEqual(await typeOf('other'), ['json']);
});

test('a network that no file names is an error, and so is an empty directory', async (t) => {
  const directory = await temporaryDirectory(t);
  const load = () => loadNetworkConfiguration(directory, 'net');
  await assert.rejects(load, {
    constructor: NetworkNotFoundError,
    message: `no network configurations found in ${directory}`,
  });
  await write(join(directory, 'a.conf'), { name: 'other', type: 'a' });
  await assert.rejects(load, {
    constructor: NetworkNotFoundError,
    message: `no network configuration with name "net" in ${directory}`,
  });
});

test('a broken file before the network is an error that names it', async (t) => {
  const directory = await temporaryDirectory(t);
  await writeFile(join(directory, '10.conflist'), '{');
  await write(join(directory, '20.conflist'), named('net', 'a'));
  await assert.rejects(loadNetworkConfiguration(directory, 'net'), {
    message: `${join(directory, '10.conflist')}: is not JSON`,
  });
});

test('plugins come from the directory beside the list, unless only inlined ones may', async (t) => {
  const directory = await temporaryDirectory(t);
  const file = join(directory, 'net.conflist');
  await mkdir(join(directory, 'net'));
  await write(join(directory, 'net', '20.conf'), { type: 'later' });
  await write(join(directory, 'net', '10.conf'), { type: 'sooner' });
  await write(join(directory, 'net', '10.json'), { type: 'ignored' });
  const types = async () =>
    (await loadNetworkConfigurationFile(file)).plugins.map((plugin) => plugin.type);
  await write(file, named('net', 'inlined'));
  assert.deepEqual(await types(), ['inlined', 'sooner', 'later']);
  await write(file, { name: 'net' });
  assert.deepEqual(await types(), ['sooner', 'later']);
  await write(file, { ...named('net', 'inlined'), loadOnlyInlinedPlugins: true });
  assert.deepEqual(await types(), ['inlined']);
});

test('a file that is not there is an error of one line', async () => {
  await assert.rejects(loadNetworkConfigurationFile('/nowhere/a.conf'), {
    constructor: ConfigurationError,
    message: '/nowhere/a.conf: cannot be read (ENOENT)',
  });
});
