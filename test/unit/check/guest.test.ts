import assert from 'node:assert/strict';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';

import {
  elfArchitecture,
  kernelArchitecture,
  ramdiskArchitecture,
} from '../../../src/check/binary.ts';
import {
  type GuestFacts,
  type OwnFile,
  checkGuestFiles,
  findGuestFiles,
} from '../../../src/check/guest.ts';
import { parseConfig } from '../../../src/config.ts';
import { renderCpio } from '../../../src/guest/cpio.ts';
import { bzImage, elf } from '../../support/binaries.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const armImage = Buffer.alloc(4096);
armImage.write('ARM\u0064', 56, 'latin1');

test('a kernel is known by its magic, packed or not', () => {
  assert.equal(kernelArchitecture(bzImage), 'x86_64');
  assert.equal(kernelArchitecture(armImage), 'arm64');
  assert.equal(kernelArchitecture(gzipSync(armImage)), 'arm64');
  assert.equal(kernelArchitecture(elf(62)), 'x86_64');
  assert.equal(kernelArchitecture(gzipSync(elf(183))), 'arm64');
});

test('a beginning of a packed kernel is enough', () => {
  const noise = Buffer.from(Array.from({ length: 100_000 }, (_, index) => (index * index) % 251));
  const packed = gzipSync(Buffer.concat([armImage, noise]));
  assert.equal(kernelArchitecture(packed.subarray(0, packed.length / 2)), 'arm64');
});

test('what is no kernel is none', () => {
  const others = ['', 'kernel', '\u001F\u008B', '\u007FELF', 'x'.repeat(5000)];
  for (const bytes of [...others.map((text) => Buffer.from(text, 'latin1')), gzipSync('kernel')]) {
    assert.equal(kernelArchitecture(bytes), undefined);
  }
});

test('an ELF file for another machine is for another architecture', () => {
  assert.equal(elfArchitecture(elf(243)), 'another architecture');
  assert.equal(elfArchitecture(Buffer.from('#!/bin/sh\n')), undefined);
});

const archive = (machine: number): Buffer =>
  renderCpio([
    { path: 'bin', mode: 0o040755 },
    { path: 'init', mode: 0o100755, content: Buffer.from('#!/bin/sh\n') },
    { path: 'bin/busybox', mode: 0o100755, content: elf(machine) },
  ]);

test('a ramdisk is for the architecture of its first program, packed or not', () => {
  assert.equal(ramdiskArchitecture(archive(62)), 'x86_64');
  assert.equal(ramdiskArchitecture(gzipSync(archive(183))), 'arm64');
  // As that of a container: one archive behind the other.
  const own = renderCpio([{ path: 'runx/containers/1', mode: 0o100600 }]);
  assert.equal(ramdiskArchitecture(Buffer.concat([own, archive(62)])), 'x86_64');
});

test('of a ramdisk that has no program, or is packed otherwise, nothing more is known', () => {
  assert.equal(ramdiskArchitecture(renderCpio([])), 'unknown');
  assert.equal(ramdiskArchitecture(archive(62).subarray(0, 300)), 'unknown');
  assert.equal(ramdiskArchitecture(Buffer.from('070701zzzz'.padEnd(200, 'z'))), 'unknown');
  assert.equal(ramdiskArchitecture(Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0])), 'unknown');
});

test('what is no ramdisk is none', () => {
  for (const text of ['', 'base ramdisk', '070707']) {
    assert.equal(ramdiskArchitecture(Buffer.from(text)), undefined);
  }
  assert.equal(ramdiskArchitecture(gzipSync('text')), undefined);
});

const file = (path: string, head: Buffer): OwnFile => ({ path, head, problem: undefined });
const facts: GuestFacts = {
  monitor: file('/lib/runx-monitor', elf(62)),
  kernel: file('/lib/kernel', bzImage),
  ramdisk: file('/lib/ramdisk', archive(62)),
  options: undefined,
};

const outcomes = (changes: Partial<GuestFacts>, host: 'x86_64' | 'arm64' = 'x86_64'): string[] =>
  checkGuestFiles({ ...facts, ...changes }, host).map(
    ({ name, status, found }) => `${status} ${name}: ${found}`,
  );

test('files for this host are in order', () => {
  assert.deepEqual(outcomes({}), [
    'ok monitor: /lib/runx-monitor, x86_64',
    'ok kernel: /lib/kernel, x86_64',
    'ok ramdisk: /lib/ramdisk, x86_64',
  ]);
});

test('a script as monitor, or a ramdisk that tells nothing, is not complained of', () => {
  const script = file('/lib/runx-monitor', Buffer.from('#!/bin/sh\n'));
  const [monitor, , ramdisk] = outcomes({
    monitor: script,
    ramdisk: file('/lib/ramdisk', renderCpio([])),
  });
  assert.deepEqual(
    [monitor, ramdisk],
    ['ok monitor: /lib/runx-monitor', 'ok ramdisk: /lib/ramdisk'],
  );
});

test('files for another host are errors', () => {
  assert.deepEqual(outcomes({}, 'arm64'), [
    'error monitor: /lib/runx-monitor is for x86_64, but this host is arm64',
    'error kernel: /lib/kernel is for x86_64, but this host is arm64',
    'error ramdisk: /lib/ramdisk is for x86_64, but this host is arm64',
  ]);
});

test('files that are something else, or not there, are errors', () => {
  const text = Buffer.from('text');
  assert.deepEqual(
    outcomes({
      monitor: { path: '/m', head: undefined, problem: 'is not executable' },
      kernel: file('/k', text),
      ramdisk: file('/r', text),
    }),
    [
      'error monitor: /m is not executable',
      'error kernel: /k is not a kernel (bzImage, Image or ELF)',
      'error ramdisk: /r is not a ramdisk (a cpio archive, compressed or not)',
    ],
  );
});

test('the files are looked for where runx.toml says, the options beside the kernel', async (t) => {
  const directory = await temporaryDirectory(t);
  const path = (name: string): string => join(directory, name);
  await writeFile(path('monitor'), 'm');
  await mkdir(path('ramdisk'));
  await writeFile(path('image'), 'k');
  await writeFile(path('image.config'), 'CONFIG_XEN=y\n');
  const config = parseConfig(
    { monitor: path('monitor'), kernel: path('image'), ramdisk: path('ramdisk') },
    'runx.toml',
  );
  const { monitor, kernel, ramdisk, options } = await findGuestFiles(config);
  assert.equal(monitor.problem, 'is not executable');
  assert.deepEqual([kernel.head?.toString(), options], ['k', 'CONFIG_XEN=y\n']);
  assert.equal(ramdisk.problem, 'is not a regular file');
  await chmod(path('monitor'), 0o755);
  const again = await findGuestFiles({ ...config, ramdisk: path('none') });
  assert.deepEqual([again.monitor.problem, again.ramdisk.problem], [undefined, 'does not exist']);
});
