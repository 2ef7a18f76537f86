import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import {
  type ModuleFacts,
  checkModules,
  findModules,
  moduleStates,
} from '../../../src/check/modules.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const facts: ModuleFacts = {
  release: '6.1.0-56-amd64',
  loaded:
    'xen_netback 73728 0 - Live 0x0000000000000000\nbridge 311296 0 - Live 0x0000000000000000\n',
  present: ['xen_netback', 'bridge', 'loop'],
  builtin: 'kernel/net/sched/sch_ingress.ko\nkernel/fs/ext4/ext4.ko\n',
  loadable: [
    'kernel/drivers/net/xen-netback/xen-netback.ko:',
    'kernel/drivers/block/xen-blkback/xen-blkback.ko.xz:',
    'kernel/drivers/net/veth.ko.zst: kernel/net/core/other.ko.zst',
    'kernel/net/sched/act_mirred.ko:',
    'kernel/net/sched/cls_matchall.ko:',
    '',
  ].join('\n'),
};

test('a module is loaded, built in, loadable or missing, however its name is written', () => {
  const stateOf = moduleStates(facts);
  assert.deepEqual(
    [
      'xen-netback',
      'sch_ingress',
      'loop',
      'xen-blkback',
      'veth',
      'xen_blkback',
      'other',
      'tun',
    ].map(stateOf),
    ['loaded', 'built in', 'built in', 'loadable', 'loadable', 'loadable', 'missing', 'missing'],
  );
});

test('without the lists of the kernel, what is not loaded is unknown', () => {
  const stateOf = moduleStates({ ...facts, builtin: undefined, loadable: undefined });
  assert.deepEqual(['bridge', 'loop', 'veth'].map(stateOf), ['loaded', 'built in', 'unknown']);
});

test('what can be loaded when it is needed is in order', () => {
  assert.deepEqual(
    checkModules(facts).map(({ name, status, found }) => `${status} ${name}: ${found}`),
    [
      'ok netback: xen-netback loaded',
      'ok redirect: act_mirred loadable, cls_matchall loadable, sch_ingress built in',
      'ok bridge: bridge loaded, veth loadable',
      'ok disks: xen-blkback loadable, loop built in',
    ],
  );
});

const without = (...names: readonly string[]): ModuleFacts => {
  const drop = (list = ''): string =>
    list
      .split('\n')
      .filter((line) => !names.some((name) => line.replaceAll('-', '_').includes(name)))
      .join('\n');
  const { loaded, present, builtin, loadable } = facts;
  return {
    ...facts,
    loaded: drop(loaded),
    present: present.filter((name) => !names.includes(name)),
    builtin: drop(builtin),
    loadable: drop(loadable),
  };
};

const lacking: readonly [names: string[], point: string, found: string][] = [
  [
    ['xen_netback'],
    'netback',
    'Linux 6.1.0-56-amd64 lacks xen-netback: containers have no network',
  ],
  [
    ['act_mirred', 'cls_matchall'],
    'redirect',
    'Linux 6.1.0-56-amd64 lacks act_mirred, cls_matchall: only veth interfaces work, joined to the domain by a bridge',
  ],
  [
    ['sch_ingress', 'bridge'],
    'redirect',
    'Linux 6.1.0-56-amd64 lacks sch_ingress: containers have no network',
  ],
  [
    ['veth'],
    'bridge',
    'Linux 6.1.0-56-amd64 lacks veth: bridge networks of CNI, docker and podman do not work',
  ],
  [['loop'], 'disks', 'Linux 6.1.0-56-amd64 lacks loop: a rootfs cannot be on a disk'],
];
for (const [names, name, found] of lacking) {
  test(`without ${names.join(' and ')}, a warning says what cannot be had`, () => {
    const point = checkModules(without(...names)).find((one) => one.name === name);
    assert.deepEqual([point?.status, point?.found], ['warning', found]);
  });
}

test('a kernel without lists is a warning that does not claim to know', () => {
  const unknown = { ...without('xen_netback'), builtin: undefined, loadable: undefined };
  assert.deepEqual(
    checkModules(unknown).find(({ name }) => name === 'netback'),
    {
      name: 'netback',
      status: 'warning',
      found:
        'cannot tell whether the kernel has xen-netback, because /lib/modules/6.1.0-56-amd64 lists no modules: without them, containers have no network',
      remedy: 'check that the kernel was built with CONFIG_XEN_NETDEV_BACKEND',
    },
  );
});

test("the lists are those of the kernel's release", async (t) => {
  const root = await temporaryDirectory(t);
  for (const release of ['6.1.0', '6.2.0']) {
    await mkdir(join(root, 'lib/modules', release), { recursive: true });
    await writeFile(join(root, 'lib/modules', release, 'modules.builtin'), `of ${release}`);
  }
  await mkdir(join(root, 'sys/module/loop'), { recursive: true });
  assert.deepEqual(await findModules(root, '6.2.0'), {
    release: '6.2.0',
    loaded: '',
    present: ['loop'],
    builtin: 'of 6.2.0',
    loadable: undefined,
  });
});
