import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { cliProgram } from '../support/built-cli.ts';
import { makeRunning } from '../support/created-container.ts';
import type { FakeDom0 } from '../support/fake-dom0.ts';

const preload = fileURLToPath(new URL('../fixtures/report-loaded.cjs', import.meta.url));

// A word that the code of a package has, and no other code.
const packages: readonly (readonly [name: string, mark: string])[] = [
  ['yargs', 'getInternalMethods'],
  ['valibot', '~standard'],
  ['execa', 'ExecaError'],
  ['pino', 'customLevels'],
  ['toml', 'peg$'],
  ['cni-ts-client', 'CNI_COMMAND'],
];

const packagesIn = (files: readonly string[]): readonly string[] => {
  const texts = files.map((file) => readFileSync(file, 'utf8'));
  return packages
    .filter(([, mark]) => texts.some((text) => text.includes(mark)))
    .map(([name]) => name);
};

interface Loaded {
  readonly builtIns: readonly string[];
  readonly files: readonly string[];
}

const loadedBy = async (dom0: FakeDom0, args: readonly string[]): Promise<Loaded> => {
  const report = dom0.path('loaded.json');
  const env = { NODE_OPTIONS: `--require=${preload}`, RUNX_LOADED: report };
  const { exitCode, stderr } = await dom0.runx(args, { env });
  assert.deepEqual([exitCode, stderr], [0, '']);
  const loaded: Loaded = JSON.parse(readFileSync(report, 'utf8'));
  return loaded;
};

const heavyBuiltIns = new Set(
  [
    'child_process',
    'crypto',
    'dgram',
    'fs/promises',
    'net',
    'perf_hooks',
    'readline',
    'stream',
    'worker_threads',
  ].map((name) => `NativeModule ${name}`),
);

describe('what a command loads, each of it time of every call', { concurrency: 4 }, () => {
  test('every mark is in the bundle', () => {
    const directory = dirname(cliProgram);
    const files = readdirSync(directory).filter((name) => name.endsWith('.cjs'));
    assert.deepEqual(
      packagesIn(files.map((name) => join(directory, name))),
      packages.map(([name]) => name),
    );
  });

  const lines = [
    'state web',
    'list',
    'list --format json',
    'ps --format json web',
    'kill web USR1',
    'kill web KILL',
  ];
  for (const line of lines) {
    test(`${line}: no package, no built-in module that it does not need`, async (t) => {
      const { dom0 } = await makeRunning(t);
      const { builtIns, files } = await loadedBy(dom0, line.split(' '));
      assert.deepEqual(packagesIn(files), []);
      assert.deepEqual(
        builtIns.filter((name) => heavyBuiltIns.has(name)),
        [],
      );
      assert.ok(files.length <= 8, files.join('\n'));
    });
  }

  test('start and delete: the same', async (t) => {
    const { dom0, bundle, waitForEnd } = await makeRunning(t);
    await dom0.runx(['create', '--bundle', bundle, 'other']);
    await dom0.runx(['kill', 'web', 'KILL']);
    await waitForEnd().catch(() => {});
    for (const args of [
      ['start', 'other'],
      ['delete', 'web'],
    ]) {
      const { builtIns, files } = await loadedBy(dom0, args);
      assert.deepEqual(packagesIn(files), []);
      assert.deepEqual(
        builtIns.filter((name) => heavyBuiltIns.has(name)),
        [],
      );
    }
  });

  test('pause, exec and create: only what runs programs, and no yargs', async (t) => {
    const { dom0, bundle } = await makeRunning(t);
    assert.deepEqual(packagesIn((await loadedBy(dom0, ['pause', 'web'])).files), []);
    await dom0.runx(['resume', 'web']);
    for (const args of [
      ['create', '--bundle', bundle, 'other'],
      ['exec', '--detach', 'web', 'true'],
    ]) {
      const { files } = await loadedBy(dom0, args);
      assert.deepEqual(packagesIn(files), ['valibot'], args[0]);
    }
  });
});
