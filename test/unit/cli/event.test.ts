import assert from 'node:assert/strict';
import { test } from 'node:test';

import { selectProcesses } from '../../../src/container/ps.ts';
import { renderStats } from '../../../src/cli/event.ts';
import { RunxError } from '../../../src/errors.ts';

const usage = {
  domain: { memoryMiB: 2, vcpus: 1, cpuTenths: 26 },
  memoryLimitMiB: 4,
  disks: [],
  vifs: [],
};

test('statistics have the names and units of runc', () => {
  assert.deepEqual(renderStats('web', usage), {
    type: 'stats',
    id: 'web',
    data: {
      cpu: { usage: { total: 2_600_000_000 } },
      memory: { usage: { limit: 4_194_304, usage: 2_097_152 } },
      blkio: { ioServiceBytesRecursive: [], ioServicedRecursive: [] },
      network_interfaces: [],
    },
  });
});

test("an interface is seen from the container's side", () => {
  const received = { bytes: 1, packets: 2, errors: 3, dropped: 4 };
  const sent = { bytes: 5, packets: 6, errors: 7, dropped: 8 };
  const { data } = renderStats('web', {
    ...usage,
    vifs: [{ name: 'vif17.1', received, sent }],
  });
  assert.deepEqual(data.network_interfaces, [
    {
      Name: 'eth1',
      RxBytes: 5,
      RxPackets: 6,
      RxErrors: 7,
      RxDropped: 8,
      TxBytes: 1,
      TxPackets: 2,
      TxErrors: 3,
      TxDropped: 4,
    },
  ]);
});

test('a disk has the numbers that it has in the container', () => {
  const disk = { reads: 1, writes: 2, readBytes: 512, writtenBytes: 1024 };
  const { data } = renderStats('web', {
    ...usage,
    disks: [
      { device: 51_728, ...disk },
      { device: (1 << 28) | 4096, ...disk },
    ],
  });
  assert.deepEqual(data.blkio.ioServiceBytesRecursive, [
    { major: 202, minor: 16, op: 'Read', value: 512 },
    { major: 202, minor: 16, op: 'Write', value: 1024 },
    { major: 202, minor: 4096, op: 'Read', value: 512 },
    { major: 202, minor: 4096, op: 'Write', value: 1024 },
  ]);
  assert.deepEqual(
    data.blkio.ioServicedRecursive.map(({ value }) => value),
    [1, 2, 1, 2],
  );
});

test('of what ps prints, the title and the processes asked for are kept', () => {
  const output = `UID          PID    PPID CMD
root           1       0 init 12
root          12       1 runx-monitor 1
root         120       1 other
`;
  assert.equal(
    selectProcesses(output, [12]),
    'UID          PID    PPID CMD\nroot          12       1 runx-monitor 1\n',
  );
});

test('a ps without pids is refused', () => {
  assert.throws(
    () => selectProcesses('CMD\ninit\n', [1]),
    new RunxError("couldn't find PID field in ps output"),
  );
});
