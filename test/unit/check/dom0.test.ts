import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';

import { checkDaemons, findProcessNames } from '../../../src/check/daemons.ts';
import { checkDevices, findXenDevices } from '../../../src/check/devices.ts';
import { type Dom0Facts, checkDom0, findDom0 } from '../../../src/check/dom0.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const dom0: Dom0Facts = {
  uid: 0,
  release: '6.1.0-56-amd64',
  capabilities: 'control_d\n',
  hypervisor: 'xen\n',
  features: '000228f0\n',
};

const statusOf = (facts: Partial<Dom0Facts>, name: string): string | undefined => {
  const point = checkDom0({ ...dom0, ...facts }).find((one) => one.name === name);
  return point && `${point.status}: ${point.found}`;
};

test('a Dom0 that root uses is in order', () => {
  assert.deepEqual(
    checkDom0(dom0).map(({ name, status, found }) => [name, status, found]),
    [
      ['dom0', 'ok', 'this is Dom0'],
      ['user', 'ok', 'root'],
      ['linux', 'ok', '6.1.0-56-amd64'],
    ],
  );
});

const none = { capabilities: undefined, hypervisor: undefined, features: undefined };
const domU = { capabilities: '', hypervisor: 'xen\n', features: '00002705\n' };

test('a Dom0 without xenfs is known by its features', () => {
  assert.equal(statusOf({ capabilities: undefined }, 'dom0'), 'ok: this is Dom0');
});

test('another domain is told from a machine without Xen', () => {
  const other = 'error: this machine is a Xen domain, but not Dom0';
  assert.equal(statusOf(domU, 'dom0'), other);
  assert.equal(statusOf({ ...domU, capabilities: undefined }, 'dom0'), other);
  assert.equal(statusOf(none, 'dom0'), 'error: this machine does not run on Xen');
  assert.equal(
    statusOf({ ...none, hypervisor: 'none\n' }, 'dom0'),
    'error: this machine does not run on Xen',
  );
});

test('a user who is not root is an error', () => {
  assert.match(
    statusOf({ uid: 1000 }, 'user') ?? '',
    /^error: runx needs root, but runs as user 1000/,
  );
});

for (const [release, status] of [
  ['5.11.22', 'error'],
  ['4.19.0-27-amd64', 'error'],
  ['5.12.0-rc1', 'ok'],
  ['5.15.200-yocto', 'ok'],
  ['10.0', 'ok'],
] as const) {
  test(`Linux ${release} as Dom0: ${status}`, () => {
    assert.equal(statusOf({ release }, 'linux')?.split(':')[0], status);
  });
}

const hostWith = async (
  t: TestContext,
  files: Readonly<Record<string, string>>,
): Promise<string> => {
  const root = await temporaryDirectory(t);
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), text);
  }
  return root;
};

test('the facts of a Dom0 are read from /proc and /sys', async (t) => {
  const root = await hostWith(t, {
    'proc/xen/capabilities': 'control_d\n',
    'sys/hypervisor/type': 'xen\n',
    'sys/hypervisor/properties/features': '000228f0\n',
  });
  const { capabilities, hypervisor, features } = await findDom0(root);
  assert.deepEqual([capabilities, hypervisor, features], ['control_d\n', 'xen\n', '000228f0\n']);
  const elsewhere = await findDom0(join(root, 'none'));
  assert.deepEqual([elsewhere.capabilities, elsewhere.hypervisor], [undefined, undefined]);
});

test('the daemons are found among the processes', async (t) => {
  const root = await hostWith(t, {
    'proc/1/comm': 'systemd\n',
    'proc/214/comm': 'oxenstored\n',
    'proc/self/comm': 'node\n',
    'proc/meminfo': '',
  });
  assert.deepEqual(await findProcessNames(root), new Set(['systemd', 'oxenstored']));
});

const daemons = (names: readonly string[], hasXenstoreDomain = false): readonly string[] =>
  checkDaemons(new Set(names), hasXenstoreDomain).map(
    ({ name, status, found }) => `${status} ${name}: ${found}`,
  );

test('xenstore is kept by a process of either name, or by a domain', () => {
  const consoles = 'ok xenconsoled: xenconsoled is running';
  assert.deepEqual(daemons(['xenstored', 'xenconsoled']), [
    'ok xenstored: xenstored is running',
    consoles,
  ]);
  assert.deepEqual(daemons(['oxenstored', 'xenconsoled']), [
    'ok xenstored: oxenstored is running',
    consoles,
  ]);
  assert.deepEqual(daemons(['xenconsoled'], true), [
    'ok xenstored: xenstore runs in a domain',
    consoles,
  ]);
});

test('a daemon that does not run is an error', () => {
  assert.deepEqual(daemons([]), [
    'error xenstored: not running: without it, xl cannot create a domain',
    'error xenconsoled: not running: without it, the guest kernel waits for ever',
  ]);
});

test('the devices of the monitor are found in /dev/xen', async (t) => {
  const root = await hostWith(t, { 'dev/xen/evtchn': '', 'dev/xen/privcmd': '' });
  assert.deepEqual((await findXenDevices(root)).toSorted(), ['evtchn', 'privcmd']);
  assert.deepEqual(await findXenDevices(join(root, 'none')), []);
});

test('a device that is missing is an error, with the module that brings it', () => {
  assert.equal(checkDevices(['privcmd', 'xenbus', 'gntdev', 'evtchn']).status, 'ok');
  assert.deepEqual(checkDevices(['xenbus', 'evtchn']), {
    name: 'devices',
    status: 'error',
    found: '/dev/xen has no gntdev',
    remedy: 'modprobe xen-gntdev',
  });
  assert.deepEqual(checkDevices([]), {
    name: 'devices',
    status: 'error',
    found: '/dev/xen has no xenbus, no gntdev, no evtchn',
    remedy: 'boot Xen with a Dom0 kernel (CONFIG_XEN_DOM0)',
  });
});
