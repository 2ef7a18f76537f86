import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { mkdir, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, describe, test } from 'node:test';

import { assertFails, assertSilent } from '../support/assert-result.ts';
import { type FakeDom0, makeFakeDom0 } from '../support/fake-dom0.ts';
import { minimalSpec } from '../support/spec.ts';
import { parseXlConfig } from '../support/xl-config.ts';

const kernel = "the container's kernel";
const ramdisk = "the container's ramdisk";
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

const withEnv = (env: readonly string[], changes: object = {}): object => ({
  process: { ...minimalSpec.process, args: ['console=hvc0', 'quiet "x y"'], env },
  ...changes,
});

/** A bundle whose rootfs holds a kernel and a ramdisk, and no program by that name. */
const makeImage = async (dom0: FakeDom0, changes: object): Promise<string> => {
  const bundle = await dom0.makeBundle('bundle', changes);
  const boot = join(bundle, 'rootfs/boot');
  await mkdir(boot);
  await writeFile(join(boot, 'kernel'), kernel);
  await writeFile(join(boot, 'ramdisk'), ramdisk);
  await symlink('/boot/kernel', join(boot, 'vmlinuz'));
  return bundle;
};

interface Made {
  readonly dom0: FakeDom0;
  readonly settings: ReturnType<typeof parseXlConfig>;
  /** What xl found in a file that the configuration names; undefined when it names none. */
  readonly read: (file: string) => string | undefined;
}

const create = async (
  t: TestContext,
  changes: object,
  configuration: Parameters<FakeDom0['configure']>[0] = {},
): Promise<Made> => {
  const dom0 = await makeFakeDom0(t);
  await dom0.configure(configuration);
  const bundle = await makeImage(dom0, changes);
  assertSilent(await dom0.runx(['create', '--bundle', bundle, 'web']));
  const [domain = ''] = dom0.domains();
  return {
    dom0,
    settings: parseXlConfig(readFileSync(dom0.domainFile('web', 'xl.cfg'), 'utf8')),
    read: (file) => {
      const path = dom0.path('created', `${domain}.${file}`);
      return existsSync(path) ? readFileSync(path, 'latin1') : undefined;
    },
  };
};

const both = ['RUNX_KERNEL=/boot/kernel', 'RUNX_RAMDISK=boot/ramdisk'];
const alone = ['RUNX_KERNEL=/boot/kernel', 'RUNX_RAMDISK='];
const usual = 'console=hvc0 quiet panic=0 rdinit=/init';

describe("a container's own kernel", { concurrency: 4 }, () => {
  test("boots with runx's ramdisk, and all else is as always", async (t) => {
    // By a link, which starts at the container's root.
    const env = ['RUNX_KERNEL=/boot/vmlinuz'];
    const { dom0, settings, read } = await create(t, {
      process: { ...minimalSpec.process, env },
    });
    assert.equal(settings.get('kernel'), dom0.domainFile('web', 'kernel'));
    assert.equal(settings.get('extra'), usual);
    assert.equal(read('kernel'), kernel);
    assert.match(read('ramdisk') ?? '', /^base ramdisk.*arg \/bin\/program\0/s);
    assert.deepEqual(
      dom0.monitorCalls()[0]?.filter((word) => /own-guest|export/.test(word)),
      [`--export=s:${dom0.path('bundle/rootfs')}`],
    );
  });

  test('is gone from the state directory once xl has read it, and was for root only', async (t) => {
    const { dom0 } = await create(t, withEnv(both));
    for (const name of ['kernel', 'ramdisk']) {
      const { size, mode } = statSync(dom0.domainFile('web', name));
      assert.deepEqual([size, mode & 0o777], [0, 0o600], name);
    }
    assert.equal(readFileSync(dom0.path('bundle/rootfs/boot/kernel'), 'utf8'), kernel);
    assert.equal(readFileSync(dom0.path('kernel'), 'utf8'), 'kernel');
  });

  test("with a ramdisk of its own: the process's arguments are the kernel's", async (t) => {
    const { dom0, settings, read } = await create(t, withEnv(both, { root: { path: 'rootfs' } }));
    assert.equal(settings.get('extra'), 'console=hvc0 quiet "x y"');
    assert.deepEqual([read('kernel'), read('ramdisk')], [kernel, ramdisk]);
    const words = dom0.monitorCalls()[0] ?? [];
    assert.deepEqual(words.slice(5), [
      '--own-guest',
      `--diod=${dom0.path('bin/diod')}`,
      '--share=root',
      `--export=s:${dom0.path('bundle/rootfs')}`,
    ]);
  });

  test('a ramdisk alone boots with the kernel of runx.toml, which stays as it is', async (t) => {
    const { dom0, settings, read } = await create(t, withEnv(['RUNX_RAMDISK=/boot/ramdisk']));
    assert.equal(settings.get('kernel'), dom0.path('kernel'));
    assert.deepEqual([read('kernel'), read('ramdisk')], ['kernel', ramdisk]);
    assert.equal(readFileSync(dom0.path('kernel'), 'utf8'), 'kernel');
  });

  test('a read-only rootfs is so in Dom0, where its own guest mounts it', async (t) => {
    const { dom0 } = await create(t, withEnv(both, { root: { path: 'rootfs', readonly: true } }));
    assert.ok(dom0.monitorCalls()[0]?.includes(`--export=rs:${dom0.path('bundle/rootfs')}`));
  });

  test('alone: no ramdisk, no share, no disk, and nothing is asked of the host', async (t) => {
    const { dom0, settings, read } = await create(t, withEnv(alone), {
      diod: 'no-diod',
      mkfs_erofs: 'no-mkfs',
      ramdisk: '/nowhere',
    });
    assert.deepEqual(
      ['ramdisk', 'p9', 'disk'].map((name) => settings.has(name)),
      [false, false, false],
    );
    assert.deepEqual([read('kernel'), read('ramdisk')], [kernel, undefined]);
    assert.deepEqual(dom0.monitorCalls()[0]?.slice(5), ['--own-guest']);
  });

  test('alone, it has the rootfs if that is asked for', async (t) => {
    const { dom0 } = await create(t, withEnv(alone, { annotations: { 'io.runx.rootfs': '9p' } }), {
      annotations: ['io.runx.rootfs'],
    });
    assert.ok(dom0.monitorCalls()[0]?.includes('--share=root'));
  });

  test('annotations name it, and its arguments, if runx.toml allows them', async (t) => {
    const annotations = {
      'io.runx.kernel': '/boot/kernel',
      'io.runx.ramdisk': '/boot/ramdisk',
      'io.runx.kernel_arguments': 'root=9p "\\',
    };
    const { settings, read } = await create(t, withEnv(['RUNX_KERNEL=/nowhere'], { annotations }), {
      annotations: Object.keys(annotations),
    });
    assert.equal(settings.get('extra'), 'root=9p "\\');
    assert.deepEqual([read('kernel'), read('ramdisk')], [kernel, ramdisk]);
  });

  test('is taken if runx.toml lists its SHA-256', async (t) => {
    const { read } = await create(t, withEnv(both), {
      own_kernel: [sha256(ramdisk), sha256(kernel)],
    });
    assert.deepEqual([read('kernel'), read('ramdisk')], [kernel, ramdisk]);
  });

  test('its own guest takes no exec, and a power-off for a signal', async (t) => {
    const { dom0 } = await create(t, withEnv(both));
    assertSilent(await dom0.runx(['start', 'web']));
    const { exitCode, stderr } = await dom0.runx(['exec', 'web', 'true']);
    assert.deepEqual(
      [exitCode, stderr],
      [255, 'runx: container web does not boot the ramdisk of runx: exec is not possible\n'],
    );
    assertSilent(await dom0.runx(['kill', 'web', 'TERM']));
    await dom0.told('start', 'signal 15');
  });
});

const inRootfs = (dom0: FakeDom0, name: string): string => dom0.path('bundle/rootfs', name);

interface Refusal {
  readonly what: string;
  readonly path: string;
  readonly arrange?: (dom0: FakeDom0) => Promise<unknown>;
  readonly configuration?: Parameters<FakeDom0['configure']>[0];
  readonly why: string;
}

const refusals: readonly Refusal[] = [
  {
    what: 'that is not there',
    path: '/boot/none',
    why: 'the rootfs has no file "/boot/none"',
  },
  {
    what: 'above the rootfs',
    path: '../../secret',
    arrange: (dom0) => writeFile(dom0.path('secret'), 'secret'),
    why: 'the rootfs has no file "../../secret"',
  },
  {
    what: 'that is the rootfs',
    path: '../../..',
    why: '"../../.." is not a regular file',
  },
  {
    what: 'behind a link out of the rootfs',
    path: '/boot/link',
    arrange: async (dom0) => {
      await writeFile(dom0.path('secret'), 'secret');
      await symlink(dom0.path('secret'), inRootfs(dom0, 'boot/link'));
    },
    why: 'the rootfs has no file "/boot/link"',
  },
  {
    what: 'behind a relative link out of the rootfs',
    path: '/up/secret',
    arrange: async (dom0) => {
      await writeFile(dom0.path('secret'), 'secret');
      await symlink('../..', inRootfs(dom0, 'up'));
    },
    why: 'the rootfs has no file "/up/secret"',
  },
  {
    what: 'that is a FIFO, without waiting for its other end',
    path: '/boot/fifo',
    arrange: async (dom0) => execFileSync('mkfifo', [inRootfs(dom0, 'boot/fifo')]),
    why: '"/boot/fifo" is not a regular file',
  },
  {
    what: 'that would fill the memory of Dom0',
    path: '/boot/kernel',
    arrange: (dom0) => truncate(inRootfs(dom0, 'boot/kernel'), 128 * 1024 * 1024 + 1),
    why: '"/boot/kernel" is larger than 128 MiB',
  },
  {
    what: 'whose SHA-256 runx.toml does not list',
    path: '/boot/vmlinuz',
    configuration: { own_kernel: [sha256(ramdisk)] },
    why: `"/boot/vmlinuz" is not allowed: add its SHA-256 ${sha256(kernel)} to own_kernel in runx.toml`,
  },
];

describe('an own kernel is refused', { concurrency: 4 }, () => {
  for (const { what, path, arrange, configuration = {}, why } of refusals) {
    test(`${what}, and nothing is left`, async (t) => {
      const dom0 = await makeFakeDom0(t);
      await dom0.configure(configuration);
      const bundle = await makeImage(dom0, withEnv([`RUNX_KERNEL=${path}`, 'RUNX_RAMDISK=']));
      await arrange?.(dom0);
      assertFails(
        await dom0.runx(['create', '--bundle', bundle, 'web']),
        `RUNX_KERNEL in process.env: ${why}`,
      );
      assert.deepEqual([dom0.xlCalls(), dom0.containers(), dom0.monitors()], [[], [], []]);
    });
  }

  test('where runx.toml forbids any, before anything is done', async (t) => {
    const dom0 = await makeFakeDom0(t);
    await dom0.configure({ own_kernel: false });
    const bundle = await makeImage(dom0, withEnv(both));
    assertFails(
      await dom0.runx(['create', '--bundle', bundle, 'web']),
      'RUNX_KERNEL in process.env is not allowed: own_kernel in runx.toml is false',
    );
    assert.deepEqual([dom0.monitorCalls(), dom0.containers()], [[], []]);
  });

  test('with xl, which says why: no copy is left', async (t) => {
    const dom0 = await makeFakeDom0(t);
    await dom0.plan('create.stderr', 'xc: error: panic: xc_dom_bzimageloader.c: no kernel\n');
    const bundle = await makeImage(dom0, withEnv(both));
    assertFails(
      await dom0.runx(['create', '--bundle', bundle, 'web']),
      `${dom0.xl} create failed with exit code 3: xc: error: panic: xc_dom_bzimageloader.c: no kernel`,
    );
    assert.deepEqual([dom0.containers(), dom0.monitors()], [[], []]);
  });
});
