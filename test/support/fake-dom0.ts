import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { makeFileTree } from './file-tree.ts';
import { type CliOptions, type CliResult, type RunningCli, startCli } from './run-cli.ts';
import { specText } from './spec.ts';
import { type Owner, temporaryDirectory } from './temporary-directory.ts';
import { waitUntil } from './wait-until.ts';

interface Gate {
  readonly reached: () => Promise<void>;
  readonly open: () => Promise<void>;
}

/** A directory that runx takes for a Dom0, with fakes of xl and of the monitor. */
export interface FakeDom0 {
  readonly directory: string;
  readonly root: string;
  readonly configFile: string;
  readonly xl: string;
  readonly path: (...names: string[]) => string;
  readonly exists: (name: string) => boolean;
  /** Says how a fake behaves: see test/fixtures/bin. */
  readonly plan: (name: string, content: string) => Promise<void>;
  /** Has an xl command wait until the gate is opened. */
  readonly makeGate: (command: string) => Promise<Gate>;
  /** Writes runx.toml with other settings. */
  readonly configure: (
    changes: Readonly<Record<string, string | number | boolean | readonly string[]>>,
  ) => Promise<void>;
  readonly makeBundle: (name: string, changes?: object) => Promise<string>;
  readonly runx: (args: readonly string[], options?: Partial<CliOptions>) => Promise<CliResult>;
  readonly startRunx: (args: readonly string[], options?: Partial<CliOptions>) => RunningCli;
  readonly xlCalls: () => readonly string[][];
  readonly monitorCalls: () => readonly string[][];
  readonly mkfsCalls: () => readonly string[][];
  /** The lines of a file that a fake writes; none when there is no such file. */
  readonly lines: (name: string) => readonly string[];
  /** Waits until the monitor has been told these lines, and no others. */
  readonly told: (...lines: readonly string[]) => Promise<void>;
  readonly domains: () => readonly string[];
  readonly containers: () => readonly string[];
  /** The names of the domains that runx keeps a record of. */
  readonly domainRecords: () => readonly string[];
  /** Path of a file in the directory of a container's domain. */
  readonly domainFile: (id: string, file: string) => string;
  /** Pids of the fake monitors that live. */
  readonly monitors: () => readonly number[];
  /** Pids of the fake monitors of added processes. */
  readonly execMonitors: () => readonly number[];
}

const fixtures = fileURLToPath(new URL('../fixtures/bin/', import.meta.url));

// Their command line tells them from any other process, and from other tests'.
const processesOf = (directory: string, program: string): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      const file = `/proc/${pid}/cmdline`;
      // It may end between the two.
      const words = existsSync(file) ? readIfThere(file).split('\0') : [];
      return words[1] === join(directory, 'bin', program);
    })
    .map(Number);

const readIfThere = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
};

const namesIn = (directory: string): readonly string[] =>
  existsSync(directory) ? readdirSync(directory) : [];

const killQuietly = (pid: number): void => {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended meanwhile.
  }
};

export const makeFakeDom0 = async (t: Owner): Promise<FakeDom0> => {
  const directory = await temporaryDirectory(t);
  t.after(() => {
    for (const program of ['monitor.mjs', 'exec.mjs']) {
      processesOf(directory, program).forEach(killQuietly);
    }
  });
  const path = (...names: string[]): string => join(directory, ...names);
  const root = path('root');
  const configFile = path('runx.toml');
  const xl = path('bin/xl');

  for (const name of ['bin', 'plan', 'domains', 'created', 'output', 'cni'])
    await mkdir(path(name));
  for (const name of ['xl', 'xentop', 'runx-monitor', 'mkfs.erofs', 'monitor.mjs', 'exec.mjs']) {
    await symlink(join(fixtures, name), path('bin', name));
  }
  await symlink(process.execPath, path('bin/node'));
  await makeFileTree(directory, { executables: ['bin/diod'] });
  await writeFile(path('last-domid'), '6\n');
  await writeFile(path('kernel'), 'kernel');
  await writeFile(path('ramdisk'), 'base ramdisk');

  const settings = {
    root,
    kernel: path('kernel'),
    ramdisk: path('ramdisk'),
    monitor: path('bin/runx-monitor'),
    data_root: path('data'),
    netconf_directories: [path('cni')],
    xl,
    diod: path('bin/diod'),
    mkfs_erofs: path('bin/mkfs.erofs'),
  };
  const configure: FakeDom0['configure'] = (changes) => {
    const entries = Object.entries({ ...settings, ...changes });
    const toml = entries.map(([name, value]) => `${name} = ${JSON.stringify(value)}\n`);
    return writeFile(configFile, toml.join(''));
  };
  await configure({});

  const lines = (name: string): readonly string[] =>
    existsSync(path(name)) ? readFileSync(path(name), 'utf8').split('\n').slice(0, -1) : [];
  const calls = (name: string): string[][] =>
    lines(name).map((line) => line.split('\t').slice(0, -1));
  const startRunx: FakeDom0['startRunx'] = (args, options) =>
    startCli(['--config', configFile, ...args], { directory: path('output'), ...options });

  const xlCalls = (): string[][] => calls('xl-calls');
  const makeGate: FakeDom0['makeGate'] = async (command) => {
    const gate = path('plan', `${command}.gate`);
    execFileSync('mkfifo', [gate]);
    return {
      reached: async () => {
        await waitUntil(`xl ${command}`, () => xlCalls().some(([name]) => name === command));
      },
      open: async () => {
        await writeFile(gate, '\n');
        await rm(gate);
      },
    };
  };

  return {
    directory,
    root,
    configFile,
    xl,
    path,
    exists: (name) => existsSync(path(name)),
    configure,
    plan: async (name, content) => {
      // At once: a fake that waits for the file must not find half of it.
      await writeFile(path('planned'), content);
      await rename(path('planned'), path('plan', name));
    },
    makeBundle: async (name, changes = {}) => {
      const bundle = path(name);
      await makeFileTree(bundle, { executables: ['rootfs/bin/program'] });
      await writeFile(join(bundle, 'config.json'), specText(changes));
      return bundle;
    },
    startRunx,
    runx: (args, options) => startRunx(args, options).result,
    makeGate,
    xlCalls,
    monitorCalls: () => calls('monitor-calls'),
    mkfsCalls: () => calls('mkfs-calls'),
    lines,
    told: async (...expected) => {
      await waitUntil(`${expected.length} lines`, () => lines('told').length >= expected.length);
      assert.deepEqual(lines('told'), expected);
    },
    domains: () => readdirSync(path('domains')),
    containers: () => namesIn(root).filter((name) => !name.startsWith('@')),
    domainRecords: () => namesIn(join(root, '@domains')),
    domainFile: (id, file) => {
      const state: { domain: string } = JSON.parse(
        readFileSync(join(root, id, 'state.json'), 'utf8'),
      );
      return join(root, '@domains', state.domain, file);
    },
    monitors: () => processesOf(directory, 'monitor.mjs'),
    execMonitors: () => processesOf(directory, 'exec.mjs'),
  };
};
