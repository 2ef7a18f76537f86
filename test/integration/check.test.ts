import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';

import type { Point } from '../../src/check/point.ts';
import { inDom0, leftovers } from '../support/dom0.ts';

afterEach(async () => {
  assert.equal(await leftovers(), '', 'nothing is left behind');
});

interface Report {
  readonly verdict: string;
  readonly points: readonly Point[];
}

test('check: this Dom0 can run containers', async () => {
  const result = await inDom0('runx check');
  assert.deepEqual([result.exitCode, result.stderr], [0, ''], result.stdout.toString());
  const lines = result.stdout.toString().split('\n');
  assert.deepEqual(
    lines.filter((line) => line.startsWith('error')),
    [],
  );
  assert.match(lines.at(-2) ?? '', /^this host can run containers(; \d+ warnings?)?$/);
});

test('check: every point that a container depends on is in order', async () => {
  const result = await inDom0('runx check --json');
  const { verdict, points }: Report = JSON.parse(result.stdout.toString());
  assert.notEqual(verdict, 'error');
  const vital =
    'configuration dom0 user linux xl xen domain-type memory xenstored xenconsoled devices monitor kernel ramdisk 9p state-directory data-root netback iproute2 mount';
  for (const name of vital.split(' ')) {
    assert.equal(points.find((point) => point.name === name)?.status, 'ok', `${name}: ${verdict}`);
  }
});

test('check: what is taken away is missed', async () => {
  const result = await inDom0(
    `mkdir -p /tmp/check/ro; mount -t tmpfs -o ro tmpfs /tmp/check/ro
     printf '%s\\n' 'diod = "no-such-diod"' 'kernel = "/etc/passwd"' 'ramdisk = "/none"' > /tmp/check/runx.toml
     printf '%s\\n' 'mem = 1' > /tmp/check/wrong.toml
     runx --config /tmp/check/runx.toml check | grep -E '^(error|warning) +(9p|kernel|ramdisk):' | cut -d: -f1
     runx --config /tmp/check/wrong.toml check | grep -E '^error' | cut -d: -f1
     runx --root /tmp/check/ro/runx check | grep -E '^error' | cut -d: -f1,3
     PATH=/usr/bin:/none runx check | grep -c '^error'
     umount /tmp/check/ro; rm -r /tmp/check`,
  );
  assert.equal(result.stderr, '');
  assert.match(
    result.stdout.toString(),
    /^error {4}kernel\nerror {4}ramdisk\nwarning {2}9p\nerror {4}configuration\nerror {4}state-directory: \/tmp\/check\/ro is on a read-only file system; [^\n]*\n1\n$/,
  );
});
