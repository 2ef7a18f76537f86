import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';

import { type XlFacts, checkXl } from '../../../src/check/xl.ts';
import { checkXen } from '../../../src/check/xen.ts';
import { type Config, parseConfig } from '../../../src/config.ts';
import { RunxError } from '../../../src/errors.ts';
import { type XenInfo, parseScheduler, parseXenInfo } from '../../../src/xen/info.ts';

// Recorded on Xen 4.17 (Debian 12).
const text = await readFile(new URL('../../fixtures/xl/info.txt', import.meta.url), 'utf8');
const recorded = parseXenInfo(text);

test('xl info tells version, memory, capabilities, scheduler and command line', () => {
  assert.deepEqual(recorded, {
    xen_major: 4,
    xen_minor: 17,
    xen_version: '4.17.7',
    total_memory: 6143,
    free_memory: 4032,
    xen_caps: ['xen-3.0-x86_64', 'hvm-3.0-x86_32', 'hvm-3.0-x86_32p', 'hvm-3.0-x86_64'],
    xen_scheduler: 'credit2',
    xen_commandline: [
      'console=com1',
      'dom0_mem=2048M,max:2048M',
      'loglvl=warning',
      'guest_loglvl=warning',
    ],
  });
});

test('xl info that lacks something is refused by its name', () => {
  assert.throws(
    () => parseXenInfo(text.replace(/^free_memory.*\n/m, '')),
    new RunxError(
      'xl info: free_memory: Invalid key: Expected "free_memory" but received undefined',
    ),
  );
  assert.throws(
    () => parseXenInfo(text.replace(/^xen_minor.*$/m, 'xen_minor : -')),
    new RunxError('xl info: xen_minor: is not a number'),
  );
});

test('xl info names the scheduler, whatever else it lacks', () => {
  assert.equal(parseScheduler(text), 'credit2');
  assert.equal(parseScheduler('xen_scheduler : null\n'), 'null');
  assert.throws(
    () => parseScheduler('host : dom0\n'),
    new RunxError(
      'xl info: xen_scheduler: Invalid key: Expected "xen_scheduler" but received undefined',
    ),
  );
  assert.throws(
    () => parseScheduler('xen_scheduler :\n'),
    new RunxError('xl info: xen_scheduler: is empty'),
  );
});

const xl: XlFacts = {
  name: 'xl',
  path: '/usr/sbin/xl',
  info: text,
  failure: undefined,
  hasXenstoreDomain: false,
};

test('an xl that answers is in order, and tells of Xen', () => {
  const { point, xen } = checkXl(xl);
  assert.deepEqual(point, { name: 'xl', status: 'ok', found: '/usr/sbin/xl' });
  assert.deepEqual(xen, recorded);
});

test('an xl that is missing or fails is an error, and Xen stays unknown', () => {
  const missing = checkXl({ ...xl, path: undefined, info: undefined });
  assert.deepEqual([missing.point.status, missing.point.found], ['error', 'xl was not found']);
  const failing = checkXl({ ...xl, info: undefined, failure: 'xl info failed: no privcmd' });
  assert.deepEqual(
    [failing.point.status, failing.point.found],
    ['error', 'xl info failed: no privcmd'],
  );
  assert.deepEqual([missing.xen, failing.xen], [undefined, undefined]);
});

test('an xl whose answer is not understood is a warning', () => {
  const { point, xen } = checkXl({ ...xl, info: 'xen_scheduler : credit2\n' });
  assert.equal(point.status, 'warning');
  assert.match(point.found, /^xl info: xen_major: .*: the points about Xen are left out$/);
  assert.equal(xen, undefined);
});

const pointOf = (name: string, info: Partial<XenInfo> = {}, settings: Partial<Config> = {}) => {
  const config = { ...parseConfig({}, 'runx.toml'), ...settings };
  const point = checkXen({ ...recorded, ...info }, config).find((one) => one.name === name);
  assert.ok(point);
  return point;
};

test('the recorded Xen is in order', () => {
  const points = checkXen(recorded, parseConfig({}, 'runx.toml'));
  assert.deepEqual(
    points.map(({ name, status, found }) => [name, status, found]),
    [
      ['xen', 'ok', '4.17.7'],
      ['domain-type', 'ok', 'pv'],
      ['scheduler', 'ok', 'credit2'],
      ['memory', 'ok', '4032 of 6143 MiB free'],
    ],
  );
});

for (const [major, minor, status] of [
  [4, 13, 'warning'],
  [3, 20, 'warning'],
  [4, 14, 'ok'],
  [5, 0, 'ok'],
] as const) {
  test(`Xen ${major}.${minor}: ${status}`, () => {
    assert.equal(pointOf('xen', { xen_major: major, xen_minor: minor }).status, status);
  });
}

test('a scheduler without weights and caps is a warning', () => {
  const { status, found } = pointOf('scheduler', { xen_scheduler: 'null' });
  assert.deepEqual(
    [status, found],
    ['warning', 'the scheduler null has no weights and no caps, so CPU limits have no effect'],
  );
});

test('a domain type that Xen does not have is an error, and the other one a remedy', () => {
  const withoutHvm = { xen_caps: ['xen-3.0-x86_64'] };
  assert.deepEqual(pointOf('domain-type', withoutHvm), {
    name: 'domain-type',
    status: 'ok',
    found: 'pv; this host has no pvh',
  });
  assert.deepEqual(pointOf('domain-type', withoutHvm, { domain_type: 'pvh' }), {
    name: 'domain-type',
    status: 'error',
    found: 'this host has no pvh',
    remedy:
      'set domain_type = "pv" in runx.toml, or enable virtualization (AMD-V, VT-x) in the firmware',
  });
  const withoutPv = { xen_caps: ['hvm-3.0-x86_64'] };
  const { status, found } = pointOf('domain-type', withoutPv, { domain_type: 'pv' });
  assert.deepEqual([status, found], ['error', 'this host has no pv']);
});

test('where no type is asked for, it is what Xen has', () => {
  const found = (...interfaces: string[]): string =>
    pointOf('domain-type', { xen_caps: interfaces }).found;
  assert.equal(found('hvm-3.0-x86_64'), 'pvh; this host has no pv');
  assert.equal(found('xen-3.0-aarch64'), 'pvh');
  assert.equal(found('xen-3.0-x86_64', 'hvm-3.0-x86_64'), 'pv');
  assert.equal(pointOf('domain-type', { xen_caps: [] }).status, 'error');
});

test('on Arm, both types are the only one', () => {
  const arm = {
    xen_caps: ['xen-3.0-aarch64', 'xen-3.0-armv7l'],
  };
  assert.equal(pointOf('domain-type', arm, { domain_type: 'pv' }).found, 'pv');
  assert.equal(pointOf('domain-type', arm, { domain_type: 'pvh' }).found, 'pvh');
});

const memory: readonly [free: number, wanted: number, commandLine: string[], outcome: string][] = [
  [256, 256, [], 'ok'],
  [255, 256, ['dom0_mem=2G'], 'warning'],
  [24, 256, ['dom0_mem=2G'], 'warning'],
  [23, 256, ['loglvl=all', 'dom0_mem=2G'], 'error'],
  [0, 256, ['loglvl=all'], 'warning'],
];
for (const [free, wanted, commandLine, outcome] of memory) {
  test(`${free} MiB free for ${wanted}, Xen booted with [${commandLine.join(' ')}]: ${outcome}`, () => {
    const info = { free_memory: free, xen_commandline: commandLine };
    const point = pointOf('memory', info, { memory_mib: wanted });
    assert.equal(point.status, outcome);
    assert.ok(point.found.startsWith(`${free} of 6143 MiB free`), point.found);
  });
}
