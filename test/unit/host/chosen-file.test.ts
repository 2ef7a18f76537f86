import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';

import { openChosenFile } from '../../../src/host/chosen-file.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const refuse = (why: string): never => {
  throw new Error(why);
};

const isNotRegular = { message: 'is not a regular file' };

describe('a file whose path somebody else has chosen', () => {
  test('is read if it is a regular one, after a look at it and its real path', async (t) => {
    const directory = await temporaryDirectory(t);
    const file = join(directory, 'file');
    await writeFile(file, 'text');
    const seen: unknown[] = [];
    const handle = await openChosenFile(file, {
      refuse,
      look: ({ size }, path) => void seen.push(size, path),
    });
    t.after(() => handle.close());
    assert.equal(await handle.readFile('utf8'), 'text');
    assert.deepEqual(seen, [4, file]);
  });

  test('is refused if it is a FIFO, whose writer goes on waiting', async (t) => {
    const fifo = join(await temporaryDirectory(t), 'fifo');
    execFileSync('mkfifo', [fifo]);
    const writer = spawn('/bin/sh', ['-c', ': > "$0"', fifo]);
    t.after(() => writer.kill('SIGKILL'));
    await pause(200);
    await assert.rejects(openChosenFile(fifo, { refuse }), isNotRegular);
    await pause(200);
    assert.equal(writer.exitCode, null, 'an open for reading would have woken it');
  });

  test('is refused if it is a terminal, without opening it', async (t) => {
    const master = openSync('/dev/ptmx', 'r+');
    t.after(() => closeSync(master));
    const info = readFileSync(`/proc/self/fdinfo/${master}`, 'utf8');
    const name = `/dev/pts/${/^tty-index:\s*(\d+)$/m.exec(info)?.[1]}`;
    // Until its master unlocks it, any open is an input/output error.
    assert.throws(() => openSync(name, 'r'), { code: 'EIO' });
    await assert.rejects(openChosenFile(name, { refuse }), isNotRegular);
  });

  for (const path of ['/dev/zero', '/proc/self/fd', '/dev']) {
    test(`is refused if it is ${path}`, () =>
      assert.rejects(openChosenFile(path, { refuse }), isNotRegular));
  }

  for (const path of ['/proc/self/status', '/proc/sys/kernel/ostype', '/sys/kernel/mm/ksm/run']) {
    test(`is refused if it is ${path}, whose content the kernel makes`, () =>
      assert.rejects(openChosenFile(path, { refuse }), { message: 'is a file of the kernel' }));
  }

  test('is refused if it is a symbolic link', async (t) => {
    const link = join(await temporaryDirectory(t), 'link');
    await symlink('/etc/passwd', link);
    await assert.rejects(openChosenFile(link, { refuse }), isNotRegular);
  });

  test('is not opened for reading after a look that throws', async (t) => {
    const file = join(await temporaryDirectory(t), 'file');
    await writeFile(file, '');
    const look = (): never => refuse('too old');
    await assert.rejects(openChosenFile(file, { refuse, look }), { message: 'too old' });
  });
});
