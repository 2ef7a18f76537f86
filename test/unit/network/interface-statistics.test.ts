import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';

import { RunxError } from '../../../src/errors.ts';
import { interfaceNames, parseStatistics } from '../../../src/network/interface-statistics.ts';

// Recorded in a Dom0 (Debian 12).
const recorded = new URL('../../fixtures/network/proc-net-dev.txt', import.meta.url);

test('/proc/net/dev has an interface a line', async () => {
  const [lo, eth0, vif, ...rest] = parseStatistics(await readFile(recorded, 'utf8'));
  assert.deepEqual([lo?.name, eth0?.received.bytes, rest], ['lo', 4_206_439, []]);
  assert.deepEqual(vif, {
    name: 'vif17.0',
    received: { bytes: 1106, packets: 12, errors: 1, dropped: 2 },
    sent: { bytes: 5280, packets: 30, errors: 3, dropped: 4 },
  });
});

test('a line that is no interface is refused', () => {
  assert.throws(
    () => parseStatistics('a\nb\nlo: 1 2\n'),
    new RunxError('/proc/net/dev: unexpected line: "lo: 1 2"'),
  );
});

test('there is a loopback interface here, and nothing where no process is', async () => {
  assert.ok((await interfaceNames('self')).includes('lo'));
  assert.deepEqual(await interfaceNames(2 ** 22 + 1), []);
});
