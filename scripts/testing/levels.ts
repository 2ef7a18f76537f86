import { readdir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';

import { buildDirectory } from './build.ts';
import type { Level } from './command-line.ts';
import { fuzz } from './fuzz.ts';
import { lint } from './lint.ts';
import { runNodeTests } from './node-tests.ts';
import { needPackages, show } from './programs.ts';
import { type Results, sumOf } from './results.ts';

const networkPackages = ['containernetworking-plugins', 'dnsmasq-base', 'iproute2', 'iptables'];

/** What a level on this machine is told. */
interface LevelInput {
  readonly full: boolean;
  /** When this checkout has been built. */
  readonly built: Promise<void>;
}

type LevelHere = (input: LevelInput) => Promise<Results>;

/** A level that is run in Dom0s. */
export interface Dom0Level {
  readonly files: RegExp;
  /** Options of `scripts/dom0 up`. */
  readonly up: readonly string[];
}

/** The test files below test/ whose names match. */
export const findTestFiles = async (names: RegExp): Promise<readonly string[]> => {
  const all = await readdir('test', { recursive: true });
  return all
    .filter((file) => file.endsWith('.test.ts') && names.test(file))
    .map((file) => join('test', file))
    .toSorted();
};

const runHere = async (
  files: RegExp,
  env: Readonly<Record<string, string>> = {},
): Promise<Results> => {
  const concurrency = availableParallelism();
  return runNodeTests({ files: await findTestFiles(files), concurrency, minutes: 10, env }, show);
};

export const levelsHere: Readonly<Partial<Record<Level, LevelHere>>> = {
  lint,
  unit: async ({ full }) => {
    await needPackages('gcc', 'libc6-dev');
    return sumOf([await runHere(/^unit\//), await fuzz(full)]);
  },
  // The contract tests compare runx with runc.
  cli: async ({ built }) => {
    await needPackages('runc');
    await built;
    return runHere(/^cli\//, { RUNX_BUNDLE: `${buildDirectory}/bundle` });
  },
  namespaces: async ({ built }) => {
    await needPackages(
      ...networkPackages,
      'gcc',
      'libc6-dev',
      'erofs-utils',
      'e2fsprogs',
      'python3',
    );
    await built;
    return runHere(/^namespaces\//, {
      RUNX_RAMDISK: `${buildDirectory}/ramdisk`,
      RUNX_MONITOR: `${buildDirectory}/monitor/runx-monitor`,
    });
  },
};

export const dom0Levels: Readonly<Partial<Record<Level, Dom0Level>>> = {
  integration: { files: /^integration\//, up: ['--built'] },
  trixie: { files: /^integration\//, up: ['--built', '--suite', 'trixie'] },
  arm64: { files: /^integration\/(?:run|exec|network|disk|share)\./, up: ['--arch', 'arm64'] },
};
