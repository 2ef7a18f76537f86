import assert from 'node:assert/strict';
import { test } from 'node:test';

import { renderTable } from '../../../src/container/list.ts';
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

test('the table of no containers is its header', () => {
  assert.equal(renderTable([]), 'ID    PID    STATUS    BUNDLE    CREATED    OWNER    ADDRESS\n');
});

test("the table has runc's columns, as wide as their widest cell", () => {
  const stopped: State = { ...state, id: 'a-longer-id', status: 'stopped', pid: 0, bundle: '/b' };
  const network = [
    { name: 'eth0', mac: '02:00:00:00:00:01', addresses: ['10.0.0.2/24', 'fd00::2/64'] },
    { name: 'eth1', mac: '02:00:00:00:00:02', addresses: ['10.1.0.2/24'] },
  ];
  assert.equal(
    renderTable([{ ...state, network }, stopped]),
    [
      'ID             PID     STATUS     BUNDLE          CREATED                     OWNER    ADDRESS\n',
      'web            4711    running    /bundles/web    2026-01-02T03:04:05.678Z    root     10.0.0.2,fd00::2,10.1.0.2\n',
      'a-longer-id    0       stopped    /b              2026-01-02T03:04:05.678Z    root\n',
    ].join(''),
  );
});
