import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, describe, test } from 'node:test';

import { assertFails, assertPrints, assertSilent } from '../support/assert-result.ts';
import { blockDevices, optionsAt, withBlockDevices } from '../support/block-device.ts';
import { parseCpio } from '../support/cpio-archive.ts';
import { type FakeDom0, makeFakeDom0 } from '../support/fake-dom0.ts';
import { parseXlConfig } from '../support/xl-config.ts';

/** A bundle whose rootfs is a mounted block device. */
const makeDom0 = async (
  t: TestContext,
  settings: Parameters<FakeDom0['configure']>[0],
  mode = 'rw',
  spec: object = {},
) => {
  const devices = blockDevices(t);
  const dom0 = await makeFakeDom0(t);
  await dom0.configure(settings);
  const bundle = await dom0.makeBundle('bundle', spec);
  const rootfs = join(bundle, 'rootfs');
  const device = await devices.make(rootfs);
  await devices.mount(device, rootfs, mode);
  const create = (id = 'web') => dom0.runx(['--debug', 'create', '--bundle', bundle, id]);
  return { dom0, devices, device, rootfs, create };
};

const disksOf = async (dom0: FakeDom0, id = 'web') =>
  parseXlConfig(await readFile(dom0.domainFile(id, 'xl.cfg'), 'utf8')).get('disk');

const renderDisk = (dom0: FakeDom0, name: string, access: string, target: string): string =>
  `format=raw,vdev=${name},access=${access},backendtype=phy,script=${dom0.path('bin/runx-monitor')},target=${target}`;

const ramdiskFile = async (dom0: FakeDom0, name: string): Promise<string> => {
  const [domain = ''] = dom0.domains();
  const ramdisk = await readFile(dom0.path('created', `${domain}.ramdisk`));
  const files = parseCpio(ramdisk.subarray('base ramdisk'.length));
  return files.find(({ path }) => path === name)?.content.toString() ?? '';
};

describe('a rootfs on a block device', { ...withBlockDevices, concurrency: 4 }, () => {
  test("is the domain's disk where nothing is said, if the host cannot write to it", async (t) => {
    const { dom0, device, rootfs, create } = await makeDom0(t, {}, 'ro');
    const { stderr, exitCode } = await create();
    assert.equal(exitCode, 0);
    assert.ok(
      stderr.includes(`rootfs ${rootfs}: using the block device ${device} that is mounted there\n`),
    );
    assert.deepEqual(await disksOf(dom0), [renderDisk(dom0, 'xvda', 'ro', device)]);
    assert.match(
      await ramdiskFile(dom0, 'runx/containers/1'),
      /\0rootfs-type ext4\0rootfs-source \/dev\/xvda\0rootfs-layer size=50%,mode=700\0/,
    );
    assertSilent(await dom0.runx(['delete', '--force', 'web']));
    assert.equal(optionsAt(rootfs), 'ro ro');
  });

  test('goes by 9p where nothing is said and the host can write to it', async (t) => {
    const { dom0, device, rootfs, create } = await makeDom0(t, {});
    const { stderr } = await create();
    assert.ok(
      stderr.includes(
        `rootfs ${rootfs}: not using a block device: ${device} is mounted writable\n`,
      ),
    );
    assert.equal(await disksOf(dom0), undefined);
    assert.equal(optionsAt(rootfs), 'rw rw');
  });

  test('is read-only on the host until the last container of it is deleted', async (t) => {
    const { dom0, rootfs, create } = await makeDom0(t, { rootfs: 'block' });
    for (const id of ['web', 'second']) assert.equal((await create(id)).exitCode, 0);
    for (const id of ['web', 'second']) {
      assert.equal(optionsAt(rootfs).endsWith('ro'), true);
      assertSilent(await dom0.runx(['delete', '--force', id]));
    }
    assert.equal(optionsAt(rootfs), 'rw rw');
  });

  test('is given back by a create that fails', async (t) => {
    const { dom0, rootfs, create } = await makeDom0(t, { rootfs: 'block' });
    await dom0.plan('create.stderr', 'no memory\n');
    assert.equal((await create()).exitCode, 1);
    assert.equal(optionsAt(rootfs), 'rw rw');
  });

  test('is given back by a delete after a create that was killed, and by gc', async (t) => {
    const { dom0, rootfs, create } = await makeDom0(t, { rootfs: 'block' });
    const gate = await dom0.makeGate('create');
    const killed = dom0.startRunx(['create', '--bundle', dom0.path('bundle'), 'web']);
    await gate.reached();
    killed.process.kill('SIGKILL');
    await killed.result;
    await gate.open();
    assert.equal(optionsAt(rootfs).endsWith('ro'), true);
    assertSilent(await dom0.runx(['delete', '--force', 'web']));
    assert.equal(optionsAt(rootfs), 'rw rw');

    assert.equal((await create()).exitCode, 0);
    await rm(dom0.path('root/web'), { recursive: true });
    assertPrints(await dom0.runx(['gc']), `made ${rootfs} writable again\n`);
    assert.equal(optionsAt(rootfs), 'rw rw');
  });

  test('to which somebody writes is refused', async (t) => {
    const { dom0, rootfs } = await makeDom0(t, { rootfs: 'block' });
    const file = openSync(join(rootfs, 'busy'), 'w');
    const { exitCode, stderr } = await dom0.runx([
      'create',
      '--bundle',
      dom0.path('bundle'),
      'web',
    ]);
    closeSync(file);
    assert.equal(exitCode, 1);
    assert.match(stderr, /^runx: rootfs \S+: cannot make \S+ read-only on this host: /);
    assert.deepEqual([dom0.containers(), optionsAt(rootfs)], [[], 'rw rw']);
  });

  test('that is none is refused, and one that is mounted elsewhere too', async (t) => {
    const { dom0, devices, device, rootfs } = await makeDom0(t, { rootfs: 'block' });
    await devices.mount(device, dom0.path('elsewhere'), 'rw');
    const run = () => dom0.runx(['create', '--bundle', dom0.path('bundle'), 'web']);
    assertFails(
      await run(),
      `rootfs ${rootfs}: not a block device: ${device} is writable and also mounted on ${dom0.path('elsewhere')}: set rootfs to "auto"`,
    );
    const bundle = await dom0.makeBundle('plain');
    assertFails(
      await dom0.runx(['create', '--bundle', bundle, 'web']),
      `rootfs ${bundle}/rootfs: not a block device: it is not a mount point: set rootfs to "auto"`,
    );
  });
});

test('a block device as a volume is a disk that the monitor holds', withBlockDevices, async (t) => {
  const devices = blockDevices(t);
  const dom0 = await makeFakeDom0(t);
  const device = await devices.make();
  execFileSync('ln', ['-s', device, dom0.path('data-device')]);
  const mounts = [
    { destination: '/data', type: 'ext4', source: dom0.path('data-device'), options: ['noatime'] },
  ];
  const bundle = await dom0.makeBundle('bundle', { mounts });
  assertSilent(await dom0.runx(['create', '--bundle', bundle, 'web']));
  assert.deepEqual(await disksOf(dom0), [renderDisk(dom0, 'xvdc', 'rw', device)]);
  assert.ok(dom0.monitorCalls()[0]?.includes(`--disk=${device}`));
  assert.match(
    await ramdiskFile(dom0, 'runx/containers/1'),
    /mount \/data\0mount-type ext4\0mount-disk 1\0mount-source \/dev\/xvdc\0mount-flags 1024\0/,
  );

  for (const [type, why] of [
    ['btrfs', `source ${device} is a block device: the type must be one of ext4, xfs, erofs`],
    [
      'bind',
      `source ${device} is a block device: to mount its file system, set the type, such as ext4, and leave out the option bind`,
    ],
  ] as const) {
    const other = await dom0.makeBundle(type, {
      mounts: [{ destination: '/data', type, source: device }],
    });
    assertFails(await dom0.runx(['create', '--bundle', other, type]), `mount /data: ${why}`);
  }
});
