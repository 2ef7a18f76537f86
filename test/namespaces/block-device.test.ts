import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readdirSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';

import { parseConfig } from '../../src/config.ts';
import { findBlockDevice } from '../../src/rootfs/block.ts';
import {
  makeWritableAgain,
  makeLostWritableAgain,
  makeReadonly,
} from '../../src/rootfs/readonly-mounts.ts';
import { RunxError } from '../../src/errors.ts';
import { startDetached } from '../../src/process.ts';
import { blockDevices, optionsAt, withBlockDevices as options } from '../support/block-device.ts';
import { recordingLog } from '../support/recording-log.ts';
import { monitorProgram } from '../support/built-programs.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

/** A device mounted writable at `rootfs`, and what keeps records of it. */
const prepare = async (t: TestContext) => {
  const devices = blockDevices(t);
  const directory = await temporaryDirectory(t);
  const path = (name: string): string => join(directory, name);
  const device = await devices.make();
  await devices.mount(device, path('rootfs'), 'rw,nosuid');
  for (const name of ['one', 'two']) await mkdir(path(name));
  const config = parseConfig({ monitor: monitorProgram, data_root: path('data') }, 'runx.toml');
  const { log, warnings } = recordingLog();
  const found = await findBlockDevice(path('rootfs'));
  assert.ok('device' in found);
  const records = (): readonly string[] => readdirSync(path('data/mounts'));
  return { path, devices, device, found: found.device, place: { config, log }, warnings, records };
};

test('the device of a mount is found', options, async (t) => {
  const { device, found, path } = await prepare(t);
  assert.deepEqual(
    { ...found, number: '' },
    { path: device, number: '', type: 'ext4', mountPoint: path('rootfs'), readonly: false },
  );
});

test('what is read-only for two containers is writable again after both', options, async (t) => {
  const { path, devices, device, found, place, warnings, records } = await prepare(t);
  await makeReadonly(place, found, path('one'));
  assert.equal(optionsAt(path('rootfs')), 'rw ro');
  assert.match(execFileSync('findmnt', [path('rootfs')], { encoding: 'utf8' }), /nosuid/);
  assert.throws(() => openSync(path('rootfs/new'), 'w'), /EROFS/);
  await makeReadonly(place, found, path('two'));
  await devices.mount(device, path('late'), 'ro');
  assert.equal(await makeWritableAgain(place, path('one')), false);
  assert.equal(optionsAt(path('rootfs')), 'rw ro');
  assert.equal(await makeWritableAgain(place, path('two')), true);
  assert.equal(optionsAt(path('rootfs')), 'rw rw');
  closeSync(openSync(path('rootfs/new'), 'w'));
  assert.deepEqual([records(), warnings], [[], []]);
});

test('what was read-only from the start stays so', options, async (t) => {
  const { path, found, place, records } = await prepare(t);
  execFileSync('mount', ['-o', 'remount,ro', path('rootfs')]);
  await makeReadonly(place, found, path('one'));
  assert.deepEqual(records(), []);
  assert.equal(await makeWritableAgain(place, path('one')), false);
  assert.equal(optionsAt(path('rootfs')), 'ro ro');
});

test('what somebody writes to is refused, and stays as it is', options, async (t) => {
  const { path, device, found, place, records } = await prepare(t);
  const file = openSync(path('rootfs/busy'), 'w');
  await assert.rejects(
    makeReadonly(place, found, path('one')),
    new RunxError(
      `rootfs ${path('rootfs')}: cannot make ${device} read-only on this host: somebody has a file of it open for writing`,
    ),
  );
  closeSync(file);
  assert.deepEqual([optionsAt(path('rootfs')), records()], ['rw rw', []]);
});

test(
  'what a container had that is gone is given back, and nothing of another boot',
  options,
  async (t) => {
    const { path, found, place, records } = await prepare(t);
    await makeReadonly(place, found, path('one'));
    assert.deepEqual(await makeLostWritableAgain(place), []);
    await rm(path('one'), { recursive: true });
    assert.deepEqual(await makeLostWritableAgain(place), [path('rootfs')]);
    assert.equal(optionsAt(path('rootfs')), 'rw rw');

    await makeReadonly(place, found, path('two'));
    const [name = ''] = records();
    execFileSync('sed', [
      '-i',
      's/"boot": "[^"]*"/"boot": "another"/',
      path(`data/mounts/${name}`),
    ]);
    await rm(path('two'), { recursive: true });
    assert.deepEqual(await makeLostWritableAgain(place), []);
    assert.deepEqual([optionsAt(path('rootfs')), records()], ['rw ro', []]);
  },
);

test('the monitor takes a device that is nowhere mounted, and no other', options, async (t) => {
  const { path, devices, device } = await prepare(t);
  const free = await devices.make();
  const run = async (disk: string): Promise<string> => {
    const args = [
      'run',
      `--state=${path('one')}`,
      '--id=x',
      '--slot=1',
      '--xl=/bin/true',
      `--disk=${disk}`,
    ];
    const socket = await startDetached(monitorProgram, args, {
      log: recordingLog().log,
      timeoutMs: 20_000,
    });
    const [line]: unknown[] = await once(socket.setEncoding('utf8'), 'data');
    socket.destroy();
    return String(line);
  };
  assert.equal(
    await run(device),
    `error disk ${device}: in use: mounted on this host, or another container's\n`,
  );
  assert.match(await run(free), /^pid \d+\n/);
});
