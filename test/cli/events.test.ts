import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { assertFails, assertPrints } from '../support/assert-result.ts';
import { makeCreated, makeRunning, makeStopped } from '../support/created-container.ts';
import { makeFakeDom0 } from '../support/fake-dom0.ts';
import { waitUntil } from '../support/wait-until.ts';

const MiB = 1024 * 1024;
const stats = {
  type: 'stats',
  id: 'web',
  data: {
    cpu: { usage: { total: 0 } },
    memory: { usage: { limit: 256 * MiB, usage: 256 * MiB } },
    blkio: { ioServiceBytesRecursive: [], ioServicedRecursive: [] },
    network_interfaces: [],
  },
};

describe('runx events', { concurrency: 4 }, () => {
  test('--stats is one line of what xl says, also of a created container', async (t) => {
    const { dom0, domain, xlCallsSince } = await makeCreated(t);
    assertPrints(await dom0.runx(['events', '--stats', 'web']), `${JSON.stringify(stats)}\n`);
    assert.deepEqual(xlCallsSince(), [['list', domain]]);
  });

  test('has a line each interval, and ends well when the container stops', async (t) => {
    const { dom0, xlCallsSince } = await makeRunning(t);
    const { result } = dom0.startRunx(['events', '--interval', '100ms', 'web']);
    // More of them than Node lets listen to one stream.
    await waitUntil('a dozen lists', () => xlCallsSince().length > 12);
    await dom0.plan('container-exit-code', '3');
    const { exitCode, stdout, stderr } = await result;
    assert.deepEqual({ exitCode, stderr }, { exitCode: 0, stderr: '' });
    const lines = stdout.split('\n').slice(0, -1);
    assert.ok(lines.length >= 12, `${lines.length} lines`);
    for (const line of lines) assert.deepEqual(JSON.parse(line), stats);
  });

  test('of a stopped or unknown container is an error', async (t) => {
    const { dom0 } = await makeStopped(t);
    assertFails(await dom0.runx(['events', 'web']), 'container with id web is not running');
    assertFails(
      await dom0.runx(['events', '--stats', 'web']),
      'container with id web is not running',
    );
    assertFails(await dom0.runx(['events', 'other']), 'container does not exist');
  });

  test('wants an interval that is one', async (t) => {
    const dom0 = await makeFakeDom0(t);
    assertFails(
      await dom0.runx(['events', '--interval', '0s', 'web']),
      'duration interval must be greater than 0',
    );
    assertFails(
      await dom0.runx(['events', '--interval', '5', 'web']),
      '--interval: "5" is not a duration, such as 5s or 1m30s (see runx --help)',
    );
  });

  test('refuses what xl never prints', async (t) => {
    const { dom0 } = await makeRunning(t);
    await dom0.plan('list.stdout', 'Name\n');
    assertFails(
      await dom0.runx(['events', '--stats', 'web']),
      'xl list: unexpected output: "Name\\n"',
    );
  });
});
