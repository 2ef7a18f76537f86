import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { appendFile, rename, writeFile } from 'node:fs/promises';
import { describe, test } from 'node:test';

import { assertFails, assertPrints, assertSilent } from '../support/assert-result.ts';
import { makeRunning } from '../support/created-container.ts';
import { makeFakeDom0 } from '../support/fake-dom0.ts';
import { startKept } from '../support/kept-container.ts';
import { minimalSpec } from '../support/spec.ts';
import { waitUntil } from '../support/wait-until.ts';

describe('runx logs', { concurrency: 4 }, () => {
  test('prints what was kept, older first, also when the container has stopped', async (t) => {
    const { dom0, stop } = await startKept(t, 'one\ntwo\nend');
    await writeFile(dom0.path('root/web/output.1'), 'zero\n');
    assertPrints(await dom0.runx(['logs', 'web']), 'zero\none\ntwo\nend');
    assertPrints(await dom0.runx(['logs', '--tail', '2', 'web']), 'two\nend');
    await stop(0);
    assertPrints(await dom0.runx(['logs', '-n', '4', 'web']), 'zero\none\ntwo\nend');
    assertSilent(await dom0.runx(['logs', '-n', '0', 'web']));
    assertPrints(await dom0.runx(['logs', '--follow', 'web']), 'zero\none\ntwo\nend');
    assertSilent(await dom0.runx(['delete', 'web']));
    assertFails(await dom0.runx(['logs', 'web']), 'container does not exist');
  });

  test('--follow goes on in the next file, and ends with the container', async (t) => {
    const { dom0, stop } = await startKept(t, 'one\n');
    const output = dom0.path('root/web/output');
    const printed = dom0.path('printed');
    const { result } = dom0.startRunx(['logs', '-f', 'web'], { stdout: printed });
    await waitUntil('the first line', () => dom0.lines('printed').includes('one'));
    await appendFile(output, 'two\n');
    await rename(output, `${output}.1`);
    await appendFile(`${output}.1`, 'three\n');
    await writeFile(output, 'four\n');
    await waitUntil('the last line', () => dom0.lines('printed').includes('four'));
    await appendFile(output, 'five');
    await stop(3);
    assertSilent(await result);
    assert.equal(readFileSync(printed, 'utf8'), 'one\ntwo\nthree\nfour\nfive');
  });

  test('refuses a container that keeps nothing, and what is no number', async (t) => {
    const { dom0 } = await makeRunning(t);
    const lack =
      'container web does not keep its output: create it with --keep-output (runx create, or runx run --detach)';
    assertFails(await dom0.runx(['logs', 'web']), lack);
    assertFails(await dom0.runx(['console', 'web']), lack);
    assertFails(
      await dom0.runx(['logs', '--tail=-1', 'web']),
      '--tail: "-1" is not a number of lines (see runx --help)',
    );
  });
});

describe('--keep-output', { concurrency: 4 }, () => {
  test('is handed to the monitor, and needs no console socket for a terminal', async (t) => {
    const dom0 = await makeFakeDom0(t);
    const bundle = await dom0.makeBundle('bundle', {
      process: { ...minimalSpec.process, terminal: true },
    });
    assertSilent(await dom0.runx(['create', '--keep-output', '--bundle', bundle, 'web']));
    const [call = []] = dom0.monitorCalls();
    assert.deepEqual(
      call.filter((word) => /^--(keep|terminal|console)/.test(word)),
      ['--terminal', '--keep-output'],
    );
  });

  test('is for what runx leaves, and excludes a console socket', async (t) => {
    const dom0 = await makeFakeDom0(t);
    const bundle = await dom0.makeBundle('bundle');
    assertFails(
      await dom0.runx(['run', '--keep-output', '--bundle', bundle, 'web']),
      '--keep-output needs runx create, or runx run --detach',
    );
    const both = ['--keep-output', '--console-socket', '/run/socket'];
    assertFails(
      await dom0.runx(['create', ...both, '--bundle', bundle, 'web']),
      '--keep-output and --console-socket cannot be used together: leave out one of them',
    );
    assert.deepEqual(dom0.containers(), []);
  });
});
