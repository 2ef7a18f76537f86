import assert from 'node:assert/strict';
import { test } from 'node:test';

import { RunxError } from '../../../src/errors.ts';
import {
  isBindMount,
  mountOptionNames,
  parseMountOptions,
  parsePropagation,
} from '../../../src/oci/mount-options.ts';

// From linux/mount.h.
const MS_RDONLY = 1;
const MS_NOSUID = 2;
const MS_NODEV = 4;
const MS_NOEXEC = 8;
const MS_BIND = 4096;
const MS_REC = 16384;
const MS_SHARED = 1 << 20;
const MS_STRICTATIME = 1 << 24;

const none = {
  flags: 0,
  propagation: 0,
  below: { set: 0, clear: 0 },
  copyUp: false,
  data: '',
};

const parse = (...options: string[]) => parseMountOptions(options, '/mnt');

test('no options are no flags', () => {
  assert.deepEqual(parse(), none);
});

test('options with a flag are or-ed', () => {
  const { flags } = parse('ro', 'nosuid', 'nodev', 'noexec', 'strictatime');
  assert.equal(flags, MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_STRICTATIME);
});

test('a later option takes back an earlier one', () => {
  assert.equal(parse('ro', 'nosuid', 'rw').flags, MS_NOSUID);
  assert.equal(parse('rw', 'ro').flags, MS_RDONLY);
});

test('rbind is bind, recursively', () => {
  assert.equal(parse('rbind').flags, MS_BIND | MS_REC);
});

test('propagation is kept for a mount call of its own', () => {
  assert.deepEqual(parse('ro', 'rshared'), {
    ...none,
    flags: MS_RDONLY,
    propagation: MS_SHARED | MS_REC,
  });
});

test('what is no flag goes to the file system, in order', () => {
  assert.deepEqual(parse('size=65536k', 'nosuid', 'mode=1777'), {
    ...none,
    flags: MS_NOSUID,
    data: 'size=65536k,mode=1777',
  });
});

test('a recursive option is for the mount and for those below it', () => {
  assert.deepEqual(parse('noexec', 'rro', 'rexec'), {
    ...none,
    flags: MS_RDONLY,
    below: { set: MS_RDONLY, clear: MS_NOEXEC },
  });
});

test('tmpcopyup is no option of the file system', () => {
  assert.deepEqual(parse('size=1m', 'tmpcopyup'), { ...none, copyUp: true, data: 'size=1m' });
});

test('the propagation of the rootfs has the same names', () => {
  assert.equal(parsePropagation('rshared'), MS_SHARED | MS_REC);
  assert.throws(
    () => parsePropagation('ro'),
    new RunxError('config.json: linux.rootfsPropagation "ro" is not supported'),
  );
});

test('a mount binds by its type or by an option', () => {
  const binds = (type: string | null, ...options: string[]): boolean =>
    isBindMount({ type, options });
  assert.deepEqual(
    [binds('bind'), binds('none', 'rbind'), binds(null, 'ro', 'bind'), binds('tmpfs', 'ro')],
    [true, true, true, false],
  );
});

for (const option of ['idmap', 'ridmap=0:1:2']) {
  test(`mount option ${option} is refused by its name and the mount's`, () => {
    assert.throws(
      () => parse('ro', option),
      new RunxError(`mount /mnt: option "${option}" is not supported`),
    );
  });
}

test('a mount option that is named like a property of every object is unknown too', () => {
  const options = ['constructor', 'toString', '__proto__'];
  assert.deepEqual(parse(...options), { ...none, data: options.join(',') });
});

test('every option that is listed has a meaning', () => {
  for (const option of mountOptionNames) assert.equal(parse(option).data, '', option);
});
