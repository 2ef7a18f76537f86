import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';

import {
  checkKernelOptions,
  usefulOptions,
  vitalOptions,
} from '../../../src/check/kernel-options.ts';

const all = [...vitalOptions, ...Object.keys(usefulOptions), 'XEN_PV']
  .map((option) => `CONFIG_${option}=y\n`)
  .join('');

const outcome = (text: string | undefined, type?: 'pv' | 'pvh') =>
  checkKernelOptions(text, '/lib/kernel', type, 'x86_64').map(
    ({ status, found }) => `${status}: ${found}`,
  );

test('a kernel without its configuration is not spoken of', () => {
  assert.deepEqual(outcome(undefined), []);
});

test('a kernel with all options is in order', () => {
  assert.deepEqual(outcome(all), ['ok: /lib/kernel.config has all options']);
});

test('an option that every container needs is an error, as a module too', () => {
  const without = all
    .replace('CONFIG_HVC_XEN=y', '# CONFIG_HVC_XEN is not set')
    .replace('CONFIG_9P_FS=y', 'CONFIG_9P_FS=m');
  assert.deepEqual(outcome(without), [
    'error: /lib/kernel.config lacks CONFIG_HVC_XEN, CONFIG_9P_FS',
  ]);
});

test('on x86, the type of the domains is an option too', () => {
  assert.deepEqual(outcome(all, 'pvh'), ['error: /lib/kernel.config lacks CONFIG_XEN_PVH']);
  assert.deepEqual(outcome(all, 'pv'), outcome(all));
  assert.equal(checkKernelOptions(all, '/lib/kernel', 'pvh', 'arm64')[0]?.status, 'ok');
});

test('an option that some containers need is a warning, which says what for', () => {
  const without = all
    .replace('CONFIG_UEVENT_HELPER=y\n', '')
    .replace('CONFIG_SECCOMP_FILTER=y\n', '');
  assert.deepEqual(outcome(without), [
    'warning: /lib/kernel.config lacks CONFIG_UEVENT_HELPER, CONFIG_SECCOMP_FILTER, needed for runx exec, seccomp profiles',
  ]);
});

test("runx's own kernel has every option that is asked for", async () => {
  const read = (name: string): Promise<string> =>
    readFile(new URL(`../../../kernel/${name}.config`, import.meta.url), 'utf8');
  const own = `${await read('base')}${await read('x86_64')}`;
  assert.deepEqual(outcome(own, 'pv'), ['ok: /lib/kernel.config has all options']);
  assert.deepEqual(outcome(own, 'pvh'), ['ok: /lib/kernel.config has all options']);
});
