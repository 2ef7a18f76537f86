import assert from 'node:assert/strict';
import { test } from 'node:test';

import { cgroupDirectory, cgroupMounts } from '../../../src/host/cgroup.ts';
import { parseMountInfo } from '../../../src/host/mounts.ts';

const directories: readonly [cgroupsPath: string, directory: string][] = [
  ['/docker/abc', '/docker/abc'],
  ['default/web', '/default/web'],
  ['/a/../../b', '/b'],
  ['../..', '/'],
  ['machine.slice:libpod:abc', '/machine.slice/libpod-abc.scope'],
  ['a-b-c.slice:cri:x', '/a.slice/a-b.slice/a-b-c.slice/cri-x.scope'],
  [':docker:abc', '/system.slice/docker-abc.scope'],
  ['a.slice::x', '/a.slice/x.scope'],
  ['a.slice::x.slice', '/a.slice/x.slice'],
  ['..:..:..', '/...slice/..-...scope'],
  ['a:b', '/a:b'],
  ['a:b:c:d', '/a:b:c:d'],
  ['/a:b:c', '/a:b:c'],
];
for (const [cgroupsPath, directory] of directories) {
  test(`the cgroup ${cgroupsPath} is the directory ${directory}`, () => {
    assert.equal(cgroupDirectory(cgroupsPath), directory);
  });
}

test('the hierarchies of a host with both versions', () => {
  const mounts = `21 1 0:5 / /proc rw,nosuid shared:3 - proc proc rw
22 1 0:6 / /sys/fs/cgroup/cpuset rw,nosuid - cgroup cgroup rw,cpuset
23 1 0:7 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct
24 1 0:8 / /sys/fs/cgroup/a\\040b rw,nosuid - cgroup2 cgroup2 rw
`;
  assert.deepEqual(cgroupMounts(parseMountInfo(mounts)), [
    { path: '/sys/fs/cgroup/cpuset', version: 1, cpuset: true },
    { path: '/sys/fs/cgroup/cpu,cpuacct', version: 1, cpuset: false },
    { path: '/sys/fs/cgroup/a b', version: 2, cpuset: false },
  ]);
});
