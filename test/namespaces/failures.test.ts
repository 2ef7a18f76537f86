import assert from 'node:assert/strict';
import { chmod, writeFile } from 'node:fs/promises';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import {
  PluginError,
  PluginNotFoundError,
  errorCodes,
  parseNetworkConfiguration,
} from 'cni-ts-client';
import type { RuntimeConf } from 'cni-ts-client';

import { makeFakePlugins, prints } from '../support/fake-plugins.ts';
import { waitUntil } from '../support/wait-until.ts';

const list = parseNetworkConfiguration(
  JSON.stringify({ cniVersion: '1.0.0', name: 'net', plugins: [{ type: 'a' }, { type: 'b' }] }),
  'test.conflist',
);
const conf: RuntimeConf = { containerID: 'c1', netNS: '/run/netns/c1', ifName: 'eth0' };
const result = { cniVersion: '1.0.0', ips: [{ address: '10.1.0.5/16' }] };

const rejectsWith = (promise: Promise<unknown>, facts: Partial<PluginError>): Promise<void> =>
  assert.rejects(promise, (error) => {
    assert.ok(error instanceof PluginError, String(error));
    const seen = Object.keys(facts).map((key) => [key, Reflect.get(error, key)]);
    assert.deepEqual(Object.fromEntries(seen), facts);
    return true;
  });

test("an error has the plugin's code, words and standard error, and ends the chain", async (t) => {
  const plugins = await makeFakePlugins(t);
  const object = { cniVersion: '1.0.0', code: 11, msg: 'busy', details: 'come\nback' };
  await plugins.define('a', { ADD: `${prints(object)}; echo a log line >&2; exit 1` });
  await plugins.define('b', { ADD: prints(result) });
  await rejectsWith(plugins.cni().addNetworkList(list, conf), {
    message: 'plugin a failed (ADD): busy: come back',
    plugin: 'a',
    command: 'ADD',
    reason: 'error',
    code: errorCodes.tryAgainLater,
    msg: 'busy',
    details: 'come\nback',
    stderr: 'a log line\n',
    exitCode: 1,
  });
  assert.equal((await plugins.calls()).length, 1);
  assert.deepEqual(await plugins.cni().getCachedAttachments(), []);
});

const failures: [answer: string, facts: Partial<PluginError>][] = [
  ['exit 3', { reason: 'exit', message: 'plugin a failed (ADD): exit code 3', exitCode: 3 }],
  [
    'echo no such thing >&2; exit 1',
    { reason: 'exit', message: 'plugin a failed (ADD): exit code 1: no such thing' },
  ],
  [
    'echo not JSON; exit 1',
    { reason: 'exit', message: 'plugin a failed (ADD): exit code 1: not JSON' },
  ],
  [
    'kill -SEGV $$',
    { reason: 'exit', message: 'plugin a failed (ADD): killed by SIGSEGV', signal: 'SIGSEGV' },
  ],
  [
    `${prints({ code: 7 })}; exit 1`,
    { reason: 'error', message: 'plugin a failed (ADD): error code 7', code: 7 },
  ],
  ['', { reason: 'output', message: 'plugin a failed (ADD): result is not JSON' }],
  [
    prints('[]'),
    { reason: 'output', message: 'plugin a failed (ADD): result: expected an object' },
  ],
  [
    prints({ ips: [{ address: 'x' }] }),
    {
      reason: 'output',
      message:
        'plugin a failed (ADD): result: ips.0.address: expected an address with its prefix length',
    },
  ],
  [
    'head -c 2000000 /dev/zero',
    { reason: 'output', message: 'plugin a failed (ADD): more than 1048576 bytes of output' },
  ],
  [
    `head -c 100000 /dev/zero | tr '\\0' '['`,
    { reason: 'output', message: 'plugin a failed (ADD): result is not JSON' },
  ],
];
for (const [answer, facts] of failures) {
  test(`a plugin that does ${JSON.stringify(answer).slice(0, 50)}`, async (t) => {
    const plugins = await makeFakePlugins(t);
    await plugins.define('a', { ADD: answer });
    await rejectsWith(plugins.cni().addNetworkList(list, conf), facts);
  });
}

test('a plugin need not read its configuration, however long', async (t) => {
  const plugins = await makeFakePlugins(t);
  const file = join(plugins.directory, 'a');
  await writeFile(file, `#!/bin/sh\n${prints(result)}\n`);
  await chmod(file, 0o755);
  const long = { ...list, plugins: [{ type: 'a', text: 'x'.repeat(1_000_000) }] };
  assert.deepEqual(await plugins.cni().addNetworkList(long, conf), result);
});

const isRunning = (pid: number): boolean => {
  try {
    // The state after the name in parentheses; a zombie runs no more.
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
};

const slow = (pids: string): string => `sleep 60 & echo $! >${pids}; wait`;

test('after its time a plugin is killed, and with it what it started', async (t) => {
  const plugins = await makeFakePlugins(t);
  const pids = join(plugins.directory, 'pid');
  await plugins.define('a', { ADD: slow(pids) });
  await rejectsWith(plugins.cni({ timeoutMs: 300 }).addNetworkList(list, conf), {
    reason: 'timeout',
    message: 'plugin a failed (ADD): no answer within 0.3 s',
  });
  await waitUntil('the child ends', () => !isRunning(Number(readFileSync(pids, 'utf8'))));
});

test('a descendant that keeps the output open does not outlast the time', async (t) => {
  const plugins = await makeFakePlugins(t);
  const pids = join(plugins.directory, 'pid');
  await plugins.define('a', { ADD: `setsid sleep 60 & echo $! >${pids}; ${prints(result)}` });
  await rejectsWith(plugins.cni({ timeoutMs: 300 }).addNetworkList(list, conf), {
    reason: 'timeout',
  });
  process.kill(Number(readFileSync(pids, 'utf8')));
});

test('a signal ends the plugin that runs, and no other starts', async (t) => {
  const plugins = await makeFakePlugins(t);
  const pids = join(plugins.directory, 'pid');
  await plugins.define('a', { ADD: slow(pids) });
  const controller = new AbortController();
  const reason = new Error('enough');
  const call = plugins.cni().addNetworkList(list, conf, { signal: controller.signal });
  const failed = rejectsWith(call, { reason: 'aborted', cause: reason });
  await waitUntil('the child starts', () => existsSync(pids) && readFileSync(pids, 'utf8') !== '');
  controller.abort(reason);
  await failed;
  await waitUntil('the child ends', () => !isRunning(Number(readFileSync(pids, 'utf8'))));
  await rejectsWith(plugins.cni().delNetworkList(list, conf, { signal: controller.signal }), {
    reason: 'aborted',
    plugin: 'b',
  });
  assert.equal((await plugins.calls()).length, 1);
});

test('a plugin that no directory has, and one that cannot be started', async (t) => {
  const plugins = await makeFakePlugins(t);
  const path = ['/nowhere', plugins.directory];
  await assert.rejects(plugins.cni({ path }).addNetworkList(list, conf), {
    constructor: PluginNotFoundError,
    message: `plugin a not found in /nowhere:${plugins.directory}`,
    path,
  });
  const file = join(plugins.directory, 'a');
  await writeFile(file, '');
  await rejectsWith(plugins.cni().addNetworkList(list, conf), {
    reason: 'start',
    message: `plugin a failed (ADD): ${file} cannot be started (EACCES)`,
  });
});

test('a type with a slash names no plugin, also in a list that was not parsed', async (t) => {
  const plugins = await makeFakePlugins(t);
  const hostile = { ...list, plugins: [{ type: '../../bin/sh' }] };
  await assert.rejects(plugins.cni().addNetworkList(hostile, conf), {
    constructor: PluginNotFoundError,
  });
});

test('a DEL that fails stops, keeps the cached result, and can be repeated', async (t) => {
  const plugins = await makeFakePlugins(t);
  await plugins.define('a', { ADD: prints(result) });
  await plugins.define('b', { ADD: prints(result), DEL: 'exit 1' });
  const cni = plugins.cni();
  await cni.addNetworkList(list, conf);
  await rejectsWith(cni.delNetworkList(list, conf), { plugin: 'b', command: 'DEL' });
  assert.equal((await plugins.calls()).length, 3);
  assert.deepEqual(await cni.getNetworkListCachedResult(list, conf), result);
  await plugins.define('b', { DEL: '' });
  await cni.delNetworkList(list, conf);
  assert.equal(await cni.getNetworkListCachedResult(list, conf), undefined);
});
