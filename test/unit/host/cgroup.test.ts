import assert from 'node:assert/strict';
import { test } from 'node:test';

import { cgroupDirectory, parseCgroupMounts } from '../../../src/host/cgroup.ts';

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
  const mounts = `proc /proc proc rw,nosuid 0 0
cgroup /sys/fs/cgroup/cpuset cgroup rw,nosuid,cpuset 0 0
cgroup /sys/fs/cgroup/cpu,cpuacct cgroup rw,cpu,cpuacct 0 0
cgroup2 /sys/fs/cgroup/a\\040b cgroup2 rw,nosuid 0 0
`;
  assert.deepEqual(parseCgroupMounts(mounts), [
    { path: '/sys/fs/cgroup/cpuset', version: 1, cpuset: true },
    { path: '/sys/fs/cgroup/cpu,cpuacct', version: 1, cpuset: false },
    { path: '/sys/fs/cgroup/a b', version: 2, cpuset: false },
  ]);
});
