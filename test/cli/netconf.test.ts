import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';

import { assertFails, assertPrints, assertSilent } from '../support/assert-result.ts';
import { prints } from '../support/fake-plugins.ts';
import {
  assertNothingIsLeft,
  makeNetworks,
  network,
  result,
  version,
} from '../support/networks.ts';

describe('NETCONF', { concurrency: 4 }, () => {
  test('adds the container to the network until it is deleted', async (t) => {
    const networks = await makeNetworks(t);
    const { dom0, plugins, file, create, called } = networks;
    assertSilent(await create(`${file},net`));
    const add = (await plugins.calls()).find(({ command }) => command === 'ADD');
    const containerID = add?.env['CNI_CONTAINERID'] ?? '';
    assert.match(containerID, /^runx-web-[\da-f]{8}$/);
    assert.equal(add?.env['CNI_NETNS'], join(dom0.root, 'web/netns'));
    assert.deepEqual(networks.attachments(), [`${containerID}.json`]);
    assert.equal(networks.heldNetns().length, 1);
    const { network: known }: { network: unknown } = JSON.parse(
      readFileSync(join(dom0.root, 'web/state.json'), 'utf8'),
    );
    assert.deepEqual(known, { dhcp: [], resolv: ['nameserver 10.0.0.53', 'search example'] });

    assertSilent(await dom0.runx(['delete', 'web']));
    assert.deepEqual(await called(), ['link ADD eth0', 'link DEL eth0']);
    const del = (await plugins.calls()).find(({ command }) => command === 'DEL');
    assert.deepEqual(del?.stdin['prevResult'], result);
    assertNothingIsLeft(networks);
  });

  test('is not in the environment of the process', async (t) => {
    const { dom0, file, create } = await makeNetworks(t);
    assertSilent(await create(`${file},net`));
    const [domain = ''] = dom0.domains();
    const ramdisk = readFileSync(dom0.path('created', `${domain}.ramdisk`)).toString('latin1');
    assert.match(ramdisk, /env A=b\0/);
    assert.doesNotMatch(ramdisk, /NETCONF/);
  });

  test('with several networks gives them names in their order, and ends them backwards', async (t) => {
    const networks = await makeNetworks(t);
    const { dom0, file, create, called } = networks;
    assertSilent(await create(`${file},net;${file},net`));
    assertSilent(await dom0.runx(['delete', '--force', 'web']));
    assert.deepEqual(await called(), [
      'link ADD eth0',
      'link ADD eth1',
      'link DEL eth1',
      'link DEL eth0',
    ]);
    assertNothingIsLeft(networks);
  });

  test('with an ipam of DHCP leaves the address to the guest', async (t) => {
    const { dom0, file, plugins, create } = await makeNetworks(t);
    await writeFile(file, JSON.stringify({ ...network, ipam: { type: 'dhcp' } }));
    await plugins.define('dhcp', { VERSION: version });
    assertSilent(await create(`${file},net`));
    const add = (await plugins.calls()).find(({ command }) => command === 'ADD');
    assert.deepEqual(add?.stdin['ipam'], {});
    const state = readFileSync(join(dom0.root, 'web/state.json'), 'utf8');
    assert.match(state, /"dhcp": \[\s*"eth0"\s*\]/);
  });

  test('a failing plugin undoes what was done, and its words are the error', async (t) => {
    const networks = await makeNetworks(t);
    const { file, plugins, create, called } = networks;
    const error = { cniVersion: '1.0.0', code: 11, msg: 'no address is left', details: 'of 10' };
    await plugins.define('link', { VERSION: version, ADD: `${prints(error)}; exit 1` });
    assertFails(
      await create(`${file},net`),
      'network net: plugin link failed (ADD): no address is left: of 10',
    );
    assert.deepEqual(await called(), ['link ADD eth0', 'link DEL eth0']);
    assertNothingIsLeft(networks);
  });

  test('a plugin that can neither ADD nor DEL leaves nothing either', async (t) => {
    const networks = await makeNetworks(t);
    const { file, plugins, create } = networks;
    const fails = `${prints({ cniVersion: '1.0.0', code: 100, msg: 'no such link' })}; exit 1`;
    await plugins.define('link', { VERSION: version, ADD: fails, DEL: fails });
    assertFails(await create(`${file},net`), 'network net: plugin link failed (ADD): no such link');
    assertNothingIsLeft(networks);
  });

  test('a second plugin that fails so leaves the first to gc', async (t) => {
    const networks = await makeNetworks(t);
    const { dom0, file, plugins, create } = networks;
    const fails = `${prints({ cniVersion: '1.0.0', code: 100, msg: 'no such link' })}; exit 1`;
    await plugins.define('second', { VERSION: version, ADD: fails, DEL: fails });
    const { name, cniVersion, ...first } = network;
    const list = { name, cniVersion, plugins: [first, { type: 'second' }] };
    await writeFile(file, JSON.stringify(list));
    const { exitCode, stderr } = await create(`${file},net`);
    assert.equal(exitCode, 1);
    assert.match(stderr, /second failed \(DEL\): no such link; to try again, run: runx gc\n.*ADD/);
    assert.deepEqual(dom0.containers(), []);
    assert.equal(networks.attachments().length, 1);
    await plugins.define('second', { DEL: '' });
    assertPrints(await dom0.runx(['gc']), 'removed web from net\n');
    assertNothingIsLeft(networks);
  });

  test('an address that another container has is refused', async (t) => {
    const networks = await makeNetworks(t);
    const { dom0, file, create } = networks;
    assertSilent(await create(`${file},net,10.0.0.7`));
    const bundle = dom0.path('bundle');
    assertFails(
      await dom0.runx(['create', '--bundle', bundle, 'other']),
      `network net: 10.0.0.7 is taken by the container in ${dom0.root}/web; if that container is gone, run: runx gc`,
    );
    assert.deepEqual(dom0.containers(), ['web']);
    assert.equal(networks.attachments().length, 1);
    assertSilent(await dom0.runx(['delete', 'web']));
    assertNothingIsLeft(networks);
  });

  test('a DEL that fails keeps the container; --force leaves the rest to gc', async (t) => {
    const networks = await makeNetworks(t);
    const { dom0, file, plugins, create } = networks;
    assertSilent(await create(`${file},net`));
    const busy = prints({ cniVersion: '1.0.0', code: 100, msg: 'busy' });
    await plugins.define('link', { VERSION: version, DEL: `${busy}; exit 1` });
    const failure = 'network net: plugin link failed (DEL): busy';
    assertFails(await dom0.runx(['delete', 'web']), failure);
    assert.deepEqual(dom0.containers(), ['web']);

    const forced = await dom0.runx(['delete', '--force', 'web']);
    assert.equal(forced.exitCode, 0);
    assert.equal(forced.stderr, `runx: warn: ${failure}; to try again, run: runx gc\n`);
    assert.deepEqual(dom0.containers(), []);
    assert.equal(networks.attachments().length, 1);

    const failed = await dom0.runx(['gc']);
    assert.equal(failed.exitCode, 1);
    assert.match(
      failed.stderr,
      /cannot remove the networks of 1 container: the warnings above say why\n$/,
    );

    await plugins.define('link', { DEL: '' });
    assertPrints(await dom0.runx(['gc']), 'removed web from net\n');
    assertNothingIsLeft(networks);
    assertSilent(await dom0.runx(['gc']));
  });

  test("a DEL that fails after a run is told, and the exit code is the process's", async (t) => {
    const { dom0, file, plugins, bundleWith } = await makeNetworks(t);
    const busy = prints({ cniVersion: '1.0.0', code: 100, msg: 'busy' });
    await plugins.define('link', { VERSION: version, ADD: prints(result), DEL: `${busy}; exit 1` });
    await dom0.plan('container-exit-code', '7');
    const bundle = await bundleWith(`${file},net`);
    assert.deepEqual(await dom0.runx(['run', '--bundle', bundle, 'web']), {
      exitCode: 7,
      signal: null,
      stdout: '',
      stderr: 'runx: network net: plugin link failed (DEL): busy\n',
    });
    assert.deepEqual(dom0.containers(), ['web']);
  });

  test('gc removes what a reboot has left, and no network of a container that is there', async (t) => {
    const networks = await makeNetworks(t);
    const { dom0, file, create, called, plugins } = networks;
    assertSilent(await create(`${file},net`));
    assertSilent(await dom0.runx(['gc']));
    assertSilent(await dom0.runx(['delete', 'web']));
    assertSilent(await create(`${file},net`));
    const [record = ''] = networks.attachments();
    const kept = readFileSync(dom0.path('data/attachments', record));
    assertSilent(await dom0.runx(['delete', 'web']));
    await writeFile(dom0.path('data/attachments', record), kept);
    await plugins.calls();
    plugins.forgetCalls();
    assertPrints(await dom0.runx(['gc']), 'removed web from net\n');
    assert.deepEqual(await called(), ['link DEL eth0']);
    assertNothingIsLeft(networks);
  });

  test('a record that is damaged is named, and the others are cleaned up', async (t) => {
    const { dom0 } = await makeNetworks(t);
    await mkdir(dom0.path('data/attachments'), { recursive: true });
    await writeFile(dom0.path('data/attachments/x.json'), '{');
    const { exitCode, stderr } = await dom0.runx(['gc']);
    assert.equal(exitCode, 1);
    assert.match(stderr, /^runx: warn: \S+\/data\/attachments\/x\.json is not JSON: .*\n/);
  });
});
