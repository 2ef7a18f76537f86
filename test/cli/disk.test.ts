import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { mkdir, open, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { type TestContext, describe, test } from 'node:test';

import { assertFails, assertPrints, assertSilent } from '../support/assert-result.ts';
import { parseCpio } from '../support/cpio-archive.ts';
import { type FakeDom0, makeFakeDom0 } from '../support/fake-dom0.ts';
import { waitUntil } from '../support/wait-until.ts';
import { parseXlConfig } from '../support/xl-config.ts';

type Settings = Parameters<FakeDom0['configure']>[0];

const makeDom0 = async (
  t: TestContext,
  { settings = { rootfs: 'disk' }, spec = {} }: { settings?: Settings; spec?: object } = {},
): Promise<FakeDom0> => {
  const dom0 = await makeFakeDom0(t);
  await dom0.configure(settings);
  await dom0.makeBundle('bundle', spec);
  return dom0;
};

const create = (dom0: FakeDom0, id = 'web') =>
  dom0.runx(['create', '--bundle', dom0.path('bundle'), id]);

const settingsOf = async (dom0: FakeDom0, id = 'web') =>
  parseXlConfig(await readFile(dom0.domainFile(id, 'xl.cfg'), 'utf8'));

const namesIn = (directory: string): readonly string[] =>
  existsSync(directory) ? readdirSync(directory).toSorted() : [];
const images = (dom0: FakeDom0): readonly string[] => namesIn(dom0.path('data/images'));
const layers = (dom0: FakeDom0): readonly string[] => namesIn(dom0.path('data/layers'));

const rootfsEntriesOf = async (dom0: FakeDom0): Promise<readonly string[]> => {
  const [domain = ''] = dom0.domains();
  const ramdisk = await readFile(dom0.path('created', `${domain}.ramdisk`));
  const files = parseCpio(ramdisk.subarray('base ramdisk'.length));
  const record = files.find(({ path }) => path === 'runx/containers/1')?.content.toString() ?? '';
  return record.split('\0').filter((entry) => entry.startsWith('rootfs-'));
};

// Xen from 4.19 on has no use for QEMU, wherever that may be.
const xen = [
  'xen_major : 4',
  'xen_minor : 20',
  'xen_version : 4.20.1',
  'total_memory : 9',
  'free_memory : 9',
  'virt_caps : pv',
  'xen_caps : x',
  'xen_scheduler : credit2',
  '',
].join('\n');

/** Has the program that makes images wait until the gate is removed. */
const makeGate = async (dom0: FakeDom0) => {
  const gate = dom0.path('plan/mkfs.gate');
  execFileSync('mkfifo', [gate]);
  return {
    reached: () => waitUntil('mkfs.erofs', () => dom0.mkfsCalls().length > 0),
    open: async () => {
      await writeFile(gate, '\n');
      await rm(gate);
    },
  };
};

describe('a rootfs on a disk', { concurrency: 4 }, () => {
  test('is an image that our script connects, and the monitor serves nothing', async (t) => {
    const dom0 = await makeDom0(t);
    assertSilent(await create(dom0));
    const [image = '', ...others] = images(dom0);
    assert.match(image, /^[0-9a-f]{32}\.erofs$/);
    assert.deepEqual(others, []);
    const settings = await settingsOf(dom0);
    assert.deepEqual(settings.get('disk'), [
      `format=raw,vdev=xvda,access=ro,backendtype=phy,script=${dom0.path('bin/runx-monitor')},target=${dom0.path('data/images', image)}`,
    ]);
    assert.equal(settings.has('p9'), false);
    assert.deepEqual(dom0.monitorCalls()[0]?.slice(4), [`--xl=${dom0.xl}`]);
    assert.deepEqual(await rootfsEntriesOf(dom0), [
      'rootfs-type erofs',
      'rootfs-source /dev/xvda',
      'rootfs-layer size=50%,mode=700',
    ]);
    assert.match(readFileSync(dom0.path('data/images', image), 'utf8'), /bin\/program\n/);
    assert.equal((await stat(dom0.path('data/images', image))).mode & 0o777, 0o600);
  });

  test('is made once for all containers, and again when it has changed', async (t) => {
    const dom0 = await makeDom0(t);
    assertSilent(await create(dom0));
    assertSilent(await create(dom0, 'second'));
    assert.equal(dom0.mkfsCalls().length, 1);
    assert.deepEqual(
      (await settingsOf(dom0, 'second')).get('disk'),
      (await settingsOf(dom0)).get('disk'),
    );
    await writeFile(dom0.path('bundle/rootfs/new'), '');
    assertSilent(await create(dom0, 'third'));
    assert.equal(dom0.mkfsCalls().length, 2);
    assert.equal(images(dom0).length, 2);
  });

  test('of two that need it at once, one makes it and one waits', async (t) => {
    const dom0 = await makeDom0(t);
    const gate = await makeGate(dom0);
    const first = create(dom0);
    await gate.reached();
    const second = create(dom0, 'second');
    await waitUntil('the second', () => dom0.containers().length === 2);
    await gate.open();
    assertSilent(await first);
    assertSilent(await second);
    assert.equal(dom0.mkfsCalls().length, 1);
    assert.equal(images(dom0).length, 1);
  });

  test('one that cannot be made leaves nothing, and says why', async (t) => {
    const dom0 = await makeDom0(t);
    await dom0.plan('mkfs.stderr', '<I> erofs: hello\n<E> erofs: no space left\n');
    assertFails(
      await create(dom0),
      `rootfs ${dom0.path('bundle/rootfs')}: cannot make an image: <E> erofs: no space left`,
    );
    assert.deepEqual([images(dom0), dom0.containers(), dom0.monitors()], [[], [], []]);
  });

  test('one that changes while it is made is refused', async (t) => {
    const dom0 = await makeDom0(t);
    const gate = await makeGate(dom0);
    const result = create(dom0);
    await gate.reached();
    await writeFile(dom0.path('bundle/rootfs/new'), '');
    await gate.open();
    assertFails(
      await result,
      `rootfs ${dom0.path('bundle/rootfs')}: cannot make an image: the rootfs has changed meanwhile: stop the processes that write to it`,
    );
    assert.deepEqual(images(dom0), []);
  });

  test('one that a killed create has begun is made by the next', async (t) => {
    const dom0 = await makeDom0(t);
    const gate = await makeGate(dom0);
    const killed = dom0.startRunx(['create', '--bundle', dom0.path('bundle'), 'web']);
    await gate.reached();
    killed.process.kill('SIGKILL');
    await killed.result;
    // The fake has no parent's death to end it, so it ends here, with its lock.
    await gate.open();
    assert.match(images(dom0).join(' '), /^\w+\.erofs\.new$/);
    assertSilent(await create(dom0, 'second'));
    assert.match(images(dom0).join(' '), /^\w+\.erofs$/);
    assert.equal(dom0.mkfsCalls().length, 2);
    assertSilent(await dom0.runx(['delete', '--force', 'web']));
  });

  test('without the program that makes images is refused by name', async (t) => {
    const settings = { rootfs: 'disk', mkfs_erofs: '/no/mkfs.erofs' };
    const dom0 = await makeDom0(t, { settings });
    assertFails(
      await create(dom0),
      `rootfs ${dom0.path('bundle/rootfs')}: cannot make an image: /no/mkfs.erofs was not found: install erofs-utils, or install diod to use 9p`,
    );
    assert.deepEqual([images(dom0), dom0.containers()], [[], []]);
  });

  test('old images go when there are too many', async (t) => {
    const dom0 = await makeDom0(t, { settings: { rootfs: 'disk', images_mib: 1 } });
    await mkdir(dom0.path('data/images'), { recursive: true });
    for (const [name, used] of [
      ['old', 1000],
      ['older', 900],
    ] as const) {
      const file = await open(dom0.path('data/images', `${name}.erofs`), 'w');
      await file.writeFile(Buffer.alloc(700 * 1024, 1));
      await file.close();
      await utimes(dom0.path('data/images', `${name}.erofs`), used, used);
    }
    assertSilent(await create(dom0));
    assert.equal(images(dom0).length, 2);
    assert.equal(images(dom0).includes('older.erofs'), false);
  });

  test('a read-only one has a layer for mount points alone', async (t) => {
    const dom0 = await makeDom0(t, {
      settings: { rootfs: 'disk', writable_layer: 'disk' },
      spec: { root: { path: 'rootfs', readonly: true } },
    });
    assertSilent(await create(dom0));
    assert.deepEqual(await rootfsEntriesOf(dom0), [
      'rootfs-type erofs',
      'rootfs-source /dev/xvda',
      'rootfs-layer size=4m,mode=700',
    ]);
    assert.deepEqual(layers(dom0), []);
  });

  test('an annotation asks for it, if it may', async (t) => {
    const annotations = { 'io.runx.rootfs': 'disk' };
    const dom0 = await makeDom0(t, { settings: {}, spec: { annotations } });
    assertFails(
      await create(dom0),
      'annotation io.runx.rootfs is not allowed: add it to annotations in runx.toml',
    );
    await dom0.configure({ annotations: ['io.runx.rootfs'] });
    assertSilent(await create(dom0));
    assert.equal((await settingsOf(dom0)).has('disk'), true);
  });
});

describe('a writable layer on a disk', { concurrency: 4 }, () => {
  const settings = { rootfs: 'disk', writable_layer: 'disk', writable_layer_mib: 64 };

  test('is a sparse file, which goes with the container', async (t) => {
    const dom0 = await makeDom0(t, { settings });
    assertSilent(await create(dom0));
    const [file = ''] = layers(dom0);
    const path = dom0.path('data/layers', file);
    assert.match(
      (await settingsOf(dom0)).get('disk')?.[1] ?? '',
      new RegExp(`^format=raw,vdev=xvdb,access=rw,.*,target=${path}$`),
    );
    assert.deepEqual(await rootfsEntriesOf(dom0), [
      'rootfs-type erofs',
      'rootfs-source /dev/xvda',
      'rootfs-layer /dev/xvdb',
    ]);
    const { size, blocks } = await stat(path);
    assert.equal(size, 64 * 1024 * 1024);
    assert.ok(blocks * 512 < 1024 * 1024, `${blocks} blocks`);
    // Of ext4, in its superblock.
    assert.equal((await readFile(path)).readUInt16LE(1024 + 56), 0xef53);
    assertSilent(await dom0.runx(['delete', '--force', 'web']));
    assert.deepEqual(layers(dom0), []);
  });

  test('goes with a create that fails', async (t) => {
    const dom0 = await makeDom0(t, { settings });
    await dom0.plan('create.stderr', 'no memory\n');
    assert.equal((await create(dom0)).exitCode, 1);
    assert.deepEqual([layers(dom0), dom0.containers()], [[], []]);
    assert.equal(images(dom0).length, 1);
  });

  test('gc removes that of a container that a reboot has taken, and no other', async (t) => {
    const dom0 = await makeDom0(t, { settings });
    assertSilent(await create(dom0));
    assertSilent(await create(dom0, 'second'));
    await writeFile(dom0.path('data/images/1234.erofs.new'), 'half');
    await rm(dom0.path('root/web'), { recursive: true });
    assertPrints(
      await dom0.runx(['gc']),
      [
        'removed the writable layer of web',
        `removed ${dom0.path('data/images/1234.erofs.new')}`,
        '',
      ].join('\n'),
    );
    assert.equal(layers(dom0).length, 2);
    assert.equal(images(dom0).length, 1);
    assertSilent(await dom0.runx(['gc']));
  });
});

describe('a rootfs of which nothing is said', { concurrency: 4 }, () => {
  test('goes by 9p where there is diod', async (t) => {
    const dom0 = await makeDom0(t, { settings: {} });
    assertSilent(await create(dom0));
    assert.equal((await settingsOf(dom0)).has('disk'), false);
    assert.deepEqual(images(dom0), []);
  });

  test('goes on a disk where nothing serves 9P, and files travel in the ramdisk', async (t) => {
    const mounts = [{ destination: '/etc/hosts', type: 'bind', source: '../hosts', options: [] }];
    const dom0 = await makeDom0(t, { settings: { diod: '/no/diod' }, spec: { mounts } });
    await writeFile(dom0.path('hosts'), '');
    await dom0.plan('info', xen);
    assertSilent(await create(dom0));
    const settings = await settingsOf(dom0);
    assert.deepEqual([settings.has('disk'), settings.has('p9')], [true, false]);
  });

  test('is refused, with what was found, where neither can be had', async (t) => {
    const dom0 = await makeDom0(t, { settings: { diod: '/no/diod', mkfs_erofs: '/no/mkfs' } });
    await dom0.plan('info', xen);
    const { exitCode, stderr } = await create(dom0);
    assert.equal(exitCode, 1);
    assert.match(
      stderr,
      /^runx: rootfs \S+: \/no\/diod was not found, and (xl would find no QEMU in its place|Xen 4\.20\.1 does not start QEMU in its place); \/no\/mkfs was not found either: install diod or erofs-utils\n$/,
    );
    assert.deepEqual(dom0.containers(), []);
  });

  test('is refused, by whoever asks for 9p, where nothing serves it', async (t) => {
    const dom0 = await makeDom0(t, { settings: { diod: '/no/diod', rootfs: '9p' } });
    await dom0.plan('info', xen);
    assertFails(
      await create(dom0),
      `rootfs ${dom0.path('bundle/rootfs')}: cannot use 9p: /no/diod was not found, and Xen 4.20.1 does not start QEMU in its place: install diod, or set rootfs to "auto"`,
    );
    assert.deepEqual(dom0.containers(), []);
  });

  test('a directory as a volume is refused where nothing serves 9P', async (t) => {
    const mounts = [{ destination: '/data', type: 'bind', source: '../data', options: [] }];
    const dom0 = await makeDom0(t, { settings: { diod: '/no/diod' }, spec: { mounts } });
    await mkdir(dom0.path('data'));
    await dom0.plan('info', xen);
    const { exitCode, stderr } = await create(dom0);
    assert.equal(exitCode, 1);
    assert.match(
      stderr,
      /^runx: config\.json: mounts: a directory of the host needs 9p: \/no\/diod was not found, and .*: install diod\n$/,
    );
    assert.deepEqual(dom0.containers(), []);
  });
});
