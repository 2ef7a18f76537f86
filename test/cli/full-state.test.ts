import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, describe, test } from 'node:test';

import { assertSilent } from '../support/assert-result.ts';
import { type FakeDom0, makeFakeDom0 } from '../support/fake-dom0.ts';
import { waitUntil } from '../support/wait-until.ts';

/** Writes until nothing more can be written. */
const untilFull = (write: (index: number) => void): void => {
  for (let index = 0; index < 100_000; index += 1) {
    try {
      write(index);
    } catch (error) {
      assert.match(String(error), /ENOSPC/);
      return;
    }
  }
  assert.fail('the file system does not fill up');
};

const fillings: Readonly<Record<string, (directory: string) => void>> = {
  blocks: (directory) =>
    untilFull((index) => writeFileSync(join(directory, String(index)), 'x'.repeat(4096))),
  inodes: (directory) => untilFull((index) => writeFileSync(join(directory, String(index)), '')),
};

/** A running container whose state is on a file system that is then filled up. */
const makeFull = async (t: TestContext, fill: (directory: string) => void): Promise<FakeDom0> => {
  // Before the directory goes, in which it is mounted.
  t.after(() => execFileSync('umount', ['-l', dom0.root]));
  const dom0 = await makeFakeDom0(t);
  mkdirSync(dom0.root);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=512k,nr_inodes=200', 'tmpfs', dom0.root]);
  const bundle = await dom0.makeBundle('bundle');
  for (const id of ['web', 'other']) {
    assertSilent(await dom0.runx(['create', '--bundle', bundle, id]));
    assertSilent(await dom0.runx(['start', id]));
  }
  // In the directory of another container, which nothing lists.
  const directory = join(dom0.root, 'other');
  fill(directory);
  assert.throws(() => writeFileSync(join(directory, 'more'), 'x'), /ENOSPC/);
  return dom0;
};

const statusOf = async (dom0: FakeDom0, id: string): Promise<string> => {
  const { stdout } = await dom0.runx(['state', id]);
  const { status }: { status: string } = JSON.parse(stdout);
  return status;
};

const skip = process.getuid?.() === 0 ? false : 'only root mounts a file system';

describe('with a state file system that is full', { concurrency: 2, skip }, () => {
  for (const [what, fill] of Object.entries(fillings)) {
    test(`of ${what}, a container is paused, resumed, killed and deleted`, async (t) => {
      const dom0 = await makeFull(t, fill);
      for (let times = 0; times < 2; times += 1) {
        assertSilent(await dom0.runx(['pause', 'web']));
        assert.equal(await statusOf(dom0, 'web'), 'paused');
        assertSilent(await dom0.runx(['resume', 'web']));
        assert.equal(await statusOf(dom0, 'web'), 'running');
      }
      assertSilent(await dom0.runx(['gc']));
      assertSilent(await dom0.runx(['kill', 'web', 'KILL']));
      await waitUntil('its end', () => dom0.monitors().length === 1);
      assert.equal(await statusOf(dom0, 'web'), 'stopped');
      assertSilent(await dom0.runx(['delete', 'web']));
      assert.deepEqual(dom0.containers(), ['other']);
    });

    test(`of ${what}, delete --force removes a running container`, async (t) => {
      const dom0 = await makeFull(t, fill);
      assertSilent(await dom0.runx(['delete', '--force', 'web']));
      assertSilent(await dom0.runx(['delete', '--force', 'other']));
      assert.deepEqual([dom0.containers(), dom0.domains(), dom0.monitors()], [[], [], []]);
    });
  }
});
