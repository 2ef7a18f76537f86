import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, readSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';

import { tellMonitor } from '../../../src/monitor/control-fifo.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const { O_NONBLOCK, O_RDWR } = constants;

describe('tellMonitor', () => {
  test('writes whole lines to who reads the FIFO', async (t) => {
    const directory = await temporaryDirectory(t);
    execFileSync('mkfifo', [join(directory, 'control')]);
    const reader = openSync(join(directory, 'control'), O_RDWR | O_NONBLOCK);
    assert.equal(tellMonitor(directory, 'network', 'start'), true);
    assert.equal(tellMonitor(directory, 'signal all 15'), true);
    const bytes = Buffer.alloc(100);
    const length = readSync(reader, bytes);
    assert.equal(bytes.subarray(0, length).toString(), 'network\nstart\nsignal all 15\n');
    closeSync(reader);
  });

  test('says so when nobody reads it, and when it is gone', async (t) => {
    const directory = await temporaryDirectory(t);
    assert.equal(tellMonitor(directory, 'start'), false);
    execFileSync('mkfifo', [join(directory, 'control')]);
    assert.equal(tellMonitor(directory, 'start'), false);
  });

  test('refuses what is not a FIFO', async (t) => {
    const directory = await temporaryDirectory(t);
    const file = join(directory, 'control');
    writeFileSync(file, '');
    assert.throws(() => tellMonitor(directory, 'start'), {
      message: `${file} is not a FIFO`,
    });
  });
});
