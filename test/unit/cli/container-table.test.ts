import assert from 'node:assert/strict';
import { test } from 'node:test';

import { renderAge, renderContainers } from '../../../src/cli/container-table.ts';
import type { State } from '../../../src/oci/state.ts';

const state: State = {
  ociVersion: '1.2.0',
  id: 'web',
  status: 'running',
  pid: 4711,
  bundle: '/bundles/web',
  rootfs: '/bundles/web/rootfs',
  created: '2026-01-02T03:04:05.678Z',
  owner: 'root',
};

const now = Date.parse(state.created) + 150_000;

test('the table of no containers is its header', () => {
  assert.equal(
    renderContainers([], now),
    'ID    PID    STATUS    BUNDLE    CREATED    OWNER    AGE    MEMORY    ADDRESS\n',
  );
});

test("the table has runc's columns first, as wide as their widest cell", () => {
  const stopped: State = { ...state, id: 'a-longer-id', status: 'stopped', pid: 0, bundle: '/b' };
  const network = [
    { name: 'eth0', mac: '02:00:00:00:00:01', addresses: ['10.0.0.2/24', 'fd00::2/64'] },
    { name: 'eth1', mac: '02:00:00:00:00:02', addresses: ['10.1.0.2/24'] },
  ];
  assert.equal(
    renderContainers([{ state: { ...state, network }, memoryMiB: 1024 }, { state: stopped }], now),
    [
      'ID             PID     STATUS     BUNDLE          CREATED                     OWNER    AGE    MEMORY      ADDRESS\n',
      'web            4711    running    /bundles/web    2026-01-02T03:04:05.678Z    root     2m     1024 MiB    10.0.0.2,fd00::2,10.1.0.2\n',
      'a-longer-id    0       stopped    /b              2026-01-02T03:04:05.678Z    root     2m\n',
    ].join(''),
  );
});

for (const [seconds, age] of [
  [-5, '0s'],
  [0.9, '0s'],
  [59, '59s'],
  [60, '1m'],
  [3599, '59m'],
  [7200, '2h'],
  [86_399, '23h'],
  [86_400, '1d'],
  [400 * 86_400, '400d'],
] as const) {
  test(`what was made ${seconds} s ago is ${age} old`, () => {
    const nowMs = Date.parse(state.created) + seconds * 1000;
    assert.equal(renderAge(state.created, nowMs), age);
  });
}
