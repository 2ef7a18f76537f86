import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

import { createCni } from 'cni-ts-client';
import type { Cni } from 'cni-ts-client';

import { temporaryDirectory } from './temporary-directory.ts';

const installed = '/usr/lib/cni';

/** Network namespaces of a test: one in the place of the host's, and one for each container. */
export interface Namespaces {
  /** Where plugins run; its bridges, firewall rules and addresses go when it goes. */
  readonly host: string;
  readonly directory: string;
  readonly cni: Cni;
  readonly addContainer: (name: string) => string;
  /** Runs a program in the namespace of the host, or in another. */
  readonly run: (program: string, args: readonly string[], namespace?: string) => string;
  /** Why this command fails in the host's namespace; undefined if it does not. */
  readonly lackFor: (command: string) => string | undefined;
  /** Starts a program there that runs until the test ends. */
  readonly start: (program: string, args: readonly string[]) => ChildProcess;
}

/** Why the plugin cannot run here; undefined if it can. */
export const missingFor = (plugins: readonly string[]): string | undefined => {
  if (process.getuid?.() !== 0) return 'only root makes network namespaces';
  const absent = plugins.find((plugin) => !existsSync(join(installed, plugin)));
  return absent === undefined
    ? undefined
    : `no ${join(installed, absent)}: install containernetworking-plugins`;
};

let made = 0;

/** Makes the namespaces and plugins that run there; all of it goes when the test ends. */
export const makeNamespaces = async (t: TestContext): Promise<Namespaces> => {
  const directory = await temporaryDirectory(t);
  const prefix = `cnitest-${process.pid}-${(made += 1)}`;
  const names: string[] = [];
  t.after(() => {
    for (const name of names) execFileSync('ip', ['netns', 'delete', name]);
  });
  const add = (name: string): string => {
    const full = `${prefix}-${name}`;
    execFileSync('ip', ['netns', 'add', full]);
    names.push(full);
    return `/run/netns/${full}`;
  };
  const host = add('host');
  const run: Namespaces['run'] = (program, args, namespace = host) =>
    execFileSync('nsenter', [`--net=${namespace}`, program, ...args], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  run('ip', ['link', 'set', 'lo', 'up']);

  const lackFor = (command: string): string | undefined => {
    try {
      run('sh', ['-c', command]);
      return undefined;
    } catch (error) {
      const [, said = ''] = String(error).split('\n');
      return `'${command}' does not work on this machine: ${said}`;
    }
  };
  const start: Namespaces['start'] = (program, args) => {
    const child = spawn('nsenter', [`--net=${host}`, program, ...args], { stdio: 'ignore' });
    t.after(() => child.kill('SIGKILL'));
    return child;
  };

  const bin = join(directory, 'bin');
  await mkdir(bin);
  for (const plugin of await readdir(installed)) {
    const file = join(bin, plugin);
    await writeFile(
      file,
      `#!/bin/sh\nexec nsenter --net=${host} ${join(installed, plugin)} "$@"\n`,
    );
    await chmod(file, 0o755);
  }
  const cni = createCni({ path: [bin], cacheDir: join(directory, 'cache'), timeoutMs: 20_000 });
  return { host, directory, cni, addContainer: add, run, lackFor, start };
};
