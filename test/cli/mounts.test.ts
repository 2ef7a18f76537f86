import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmod, chown, mkdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { type Server, createServer } from 'node:net';
import { join } from 'node:path';
import { type TestContext, describe, test } from 'node:test';

import { assertFails, assertSilent } from '../support/assert-result.ts';
import { type ArchivedFile, parseCpio } from '../support/cpio-archive.ts';
import { type FakeDom0, makeFakeDom0 } from '../support/fake-dom0.ts';
import { parseXlConfig } from '../support/xl-config.ts';

const bind = (destination: string, source: string | undefined, ...options: string[]) => ({
  destination,
  type: 'bind',
  source,
  options,
});

/** A fake Dom0 with a bundle that has the mounts, and some sources beside the bundle. */
const makeDom0 = async (t: TestContext, mounts: readonly object[]): Promise<FakeDom0> => {
  const dom0 = await makeFakeDom0(t);
  await dom0.makeBundle('bundle', { mounts });
  await mkdir(dom0.path('data'));
  await writeFile(dom0.path('hosts'), '');
  return dom0;
};

const create = (dom0: FakeDom0) => dom0.runx(['create', '--bundle', dom0.path('bundle'), 'web']);

const filesOf = async (dom0: FakeDom0): Promise<readonly ArchivedFile[]> => {
  const [domain = ''] = dom0.domains();
  const ramdisk = await readFile(dom0.path('created', `${domain}.ramdisk`));
  return parseCpio(ramdisk.subarray('base ramdisk'.length));
};

const recordsOf = async (dom0: FakeDom0): Promise<readonly string[]> => {
  const [process] = await filesOf(dom0);
  return process?.content.toString().split('\0') ?? [];
};

describe('bind mounts', { concurrency: 4 }, () => {
  test('the monitor serves each source, and the guest binds what it serves', async (t) => {
    const dom0 = await makeDom0(t, [
      bind('/data', '../data', 'rbind', 'ro'),
      bind('/etc/hosts', '../hosts'),
      { destination: '/tmp', type: 'tmpfs', source: 'tmpfs', options: ['tmpcopyup'] },
    ]);
    assertSilent(await create(dom0));
    assert.deepEqual(dom0.monitorCalls()[0]?.slice(5), [
      `--diod=${dom0.path('bin/diod')}`,
      '--share=root',
      `--export=s:${dom0.path('bundle/rootfs')}`,
      '--share=share1',
      `--export=r:${dom0.path('data')}`,
      '--share=share2',
      `--export=f:${dom0.path('hosts')}`,
    ]);
    const records = await recordsOf(dom0);
    assert.deepEqual(
      records.filter((record) => /^(share|mount|mount-bind|mount-copy-up) /.test(record)),
      [
        'share share1',
        'share share2',
        'mount /data',
        'mount-bind /runx/shares/share1',
        'mount /etc/hosts',
        'mount-bind /runx/shares/share2/0',
        'mount /tmp',
        'mount-copy-up 1',
      ],
    );
    assert.equal(records.join('').includes(dom0.directory), false, "the host's paths stay there");
  });

  test('a path that looks like an option is one path', async (t) => {
    const name = 'r:s --share=x\nerror y';
    const dom0 = await makeDom0(t, [bind('/data', `../${name}`)]);
    await mkdir(dom0.path(name));
    assertSilent(await create(dom0));
    const calls = await readFile(dom0.path('monitor-calls'), 'utf8');
    assert.ok(calls.includes(`\t--export=:${dom0.path(name)}\t`), calls);
  });

  test('where there is no diod, xl shares directories', async (t) => {
    const dom0 = await makeDom0(t, [bind('/data', '../data', 'ro')]);
    await dom0.configure({ diod: dom0.path('no-diod'), rootfs: '9p' });
    assertSilent(await create(dom0));
    const settings = parseXlConfig(await readFile(dom0.domainFile('web', 'xl.cfg'), 'utf8'));
    assert.deepEqual(settings.get('p9'), [
      `tag=root,security_model=none,path=${dom0.path('bundle/rootfs')}`,
      `tag=share1,security_model=none,path=${dom0.path('data')}`,
    ]);
  });

  test('where there is no diod, a file travels in the ramdisk, as it is', async (t) => {
    const dom0 = await makeDom0(t, [bind('/etc/hosts', '../hosts')]);
    await dom0.configure({ diod: dom0.path('no-diod'), rootfs: '9p' });
    await writeFile(dom0.path('hosts'), '127.0.0.1 localhost\n');
    await chmod(dom0.path('hosts'), 0o640);
    await chown(dom0.path('hosts'), 7, 8);
    assertSilent(await create(dom0));
    assert.ok((await recordsOf(dom0)).includes('mount-bind /runx/files/0'));
    const copy = (await filesOf(dom0)).find(({ path }) => path === 'runx/files/0');
    assert.deepEqual(
      [copy?.content.toString(), copy?.mode, copy?.owner],
      ['127.0.0.1 localhost\n', 0o100640, [7, 8]],
    );
    await truncate(dom0.path('hosts'), 1024 * 1024 + 1);
    assertFails(
      await dom0.runx(['create', '--bundle', dom0.path('bundle'), 'other']),
      `bind mount of ${dom0.path('hosts')}: the file has 1048577 bytes, but at most 1048576 can be bound if the host has no diod: install diod`,
    );
  });

  test('the propagation of the rootfs is a record', async (t) => {
    const dom0 = await makeFakeDom0(t);
    await dom0.makeBundle('bundle', { linux: { rootfsPropagation: 'rslave' } });
    assertSilent(await create(dom0));
    assert.ok((await recordsOf(dom0)).includes(`rootfs-propagation ${(1 << 19) | 16384}`));
  });

  const listen = (path: string): Promise<Server> =>
    new Promise((resolve) => {
      const server = createServer();
      server.listen(path, () => resolve(server));
    });

  const refuse = async (
    t: TestContext,
    source: string | undefined,
    sentence: (path: (name: string) => string) => string,
    arrange: (dom0: FakeDom0) => Promise<unknown> = async () => {},
  ): Promise<void> => {
    const dom0 = await makeDom0(t, [bind('/d', source)]);
    await arrange(dom0);
    assertFails(
      await create(dom0),
      sentence((name) => join(dom0.directory, name)),
    );
    assert.deepEqual([dom0.xlCalls(), dom0.monitorCalls(), dom0.containers()], [[], [], []]);
  };

  test('a source that is not there is refused', (t) =>
    refuse(
      t,
      '../nowhere',
      (path) => `mount /d: source ${path('nowhere')}: no such file or directory`,
    ));

  test('a bind mount without a source is refused', (t) =>
    refuse(t, undefined, () => 'mount /d: a bind mount must have a source'));

  test('a socket is refused, and why', (t) =>
    refuse(
      t,
      '../socket',
      (path) =>
        `mount /d: source ${path('socket')} is a socket: the domain cannot reach its other end on the host`,
      async (dom0) => {
        const server = await listen(dom0.path('socket'));
        t.after(() => server.close());
      },
    ));

  test('a FIFO is refused, and why', (t) =>
    refuse(
      t,
      '../fifo',
      (path) =>
        `mount /d: source ${path('fifo')} is a FIFO: the domain cannot reach its other end on the host`,
      async (dom0) => execFileSync('mkfifo', [dom0.path('fifo')]),
    ));

  test('a device of the host is refused, one that every kernel has is not', async (t) => {
    await refuse(
      t,
      '/dev/ptmx',
      () =>
        'mount /d: source /dev/ptmx is a device of the host: add a device of the domain to linux.devices instead',
    );
    const dom0 = await makeDom0(t, [bind('/d', '/dev/null')]);
    assertSilent(await create(dom0));
    assert.ok((await recordsOf(dom0)).includes('mount-bind /dev/null'));
  });
});
