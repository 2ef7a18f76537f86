import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { describe, test } from 'node:test';

import { assertFails, assertSilent } from '../support/assert-result.ts';
import { makeFakeDom0 } from '../support/fake-dom0.ts';
import { makeFileTree } from '../support/file-tree.ts';

describe('runx spec', { concurrency: 4 }, () => {
  test('writes a config.json from which a container runs', async (t) => {
    const dom0 = await makeFakeDom0(t);
    await makeFileTree(dom0.path('new'), { executables: ['rootfs/bin/sh'] });
    assertSilent(await dom0.runx(['spec', '--bundle', dom0.path('new')]));
    await dom0.plan('container-exit-code', '5');
    const { exitCode, stderr } = await dom0.runx(['run', '--bundle', dom0.path('new'), 'web']);
    assert.deepEqual({ exitCode, stderr }, { exitCode: 5, stderr: '' });
  });

  test('writes to the working directory', async (t) => {
    const dom0 = await makeFakeDom0(t);
    await makeFileTree(dom0.path('new'), { files: ['rootfs/'] });
    assertSilent(await dom0.runx(['spec'], { cwd: dom0.path('new') }));
    const spec: { process: { args: unknown } } = JSON.parse(
      await readFile(dom0.path('new/config.json'), 'utf8'),
    );
    assert.deepEqual(spec.process.args, ['sh']);
  });

  test('does not touch a config.json that is there', async (t) => {
    const dom0 = await makeFakeDom0(t);
    const file = dom0.path('config.json');
    await writeFile(file, 'mine');
    assertFails(await dom0.runx(['spec', '-b', dom0.directory]), `${file} exists: remove it first`);
    assert.equal(await readFile(file, 'utf8'), 'mine');
  });

  test('names a directory that is not there', async (t) => {
    const dom0 = await makeFakeDom0(t);
    const file = dom0.path('nowhere/config.json');
    assertFails(
      await dom0.runx(['spec', '-b', dom0.path('nowhere')]),
      `${file}: ENOENT: no such file or directory, open '${file}'`,
    );
  });
});

describe('runx features', { concurrency: 4 }, () => {
  test('prints the document of the specification', async (t) => {
    const dom0 = await makeFakeDom0(t);
    const { exitCode, stdout, stderr } = await dom0.runx(['features']);
    assert.deepEqual({ exitCode, stderr }, { exitCode: 0, stderr: '' });
    const features: { ociVersionMin: string; hooks: unknown; linux: object } = JSON.parse(stdout);
    assert.equal(features.ociVersionMin, '1.0.0');
    assert.ok(Array.isArray(features.hooks));
    assert.deepEqual(Object.keys(features.linux).slice(0, 3), [
      'namespaces',
      'capabilities',
      'cgroup',
    ]);
  });

  test('needs neither xl nor a configuration', async (t) => {
    const dom0 = await makeFakeDom0(t);
    await dom0.configure({ xl: '/no/xl', kernel: '/no/kernel', monitor: '/no/monitor' });
    assert.equal((await dom0.runx(['features'])).exitCode, 0);
    assert.deepEqual(dom0.xlCalls(), []);
  });

  test('that cannot be written is an error in one line', async (t) => {
    const dom0 = await makeFakeDom0(t);
    assertFails(
      await dom0.runx(['features'], { stdout: '/dev/full' }),
      'standard output: ENOSPC: no space left on device, write',
    );
  });
});
