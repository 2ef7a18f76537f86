import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';

import { execa } from 'execa';

import { makeFakeDom0 } from './fake-dom0.ts';
import { minimalSpec } from './spec.ts';
import { temporaryDirectory } from './temporary-directory.ts';

interface Answer {
  readonly exitCode: number | null;
  readonly stdout: string;
  /** The last error's sentence, without what the runtime puts around it. */
  readonly error: string;
}

/** A runtime with nothing in its root, and how a test uses it. */
export interface ContractRuntime {
  readonly directory: string;
  /** An id that no other test uses: runc's cgroups know no root. */
  readonly id: string;
  readonly call: (args: readonly string[]) => Promise<Answer>;
  /** Makes a bundle whose process lives until it is killed. */
  readonly makeBundle: (changes?: object) => Promise<string>;
}

export interface ContractTarget {
  readonly name: string;
  /** Whether its errors are in runc's words. */
  readonly words: boolean;
  readonly make: (t: TestContext) => Promise<ContractRuntime>;
}

let count = 0;
const nextId = (): string => {
  count += 1;
  return `contract-${process.pid}-${count}`;
};

const spec = {
  ...minimalSpec,
  process: { ...minimalSpec.process, args: ['/bin/program', '600'], user: { uid: 0, gid: 0 } },
  mounts: [{ destination: '/proc', type: 'proc', source: 'proc' }],
  linux: { namespaces: ['pid', 'mount', 'ipc', 'uts', 'network'].map((type) => ({ type })) },
};

const runx: ContractTarget = {
  name: 'runx',
  words: true,
  make: async (t) => {
    const dom0 = await makeFakeDom0(t);
    return {
      directory: dom0.directory,
      id: nextId(),
      call: async (args) => {
        const { exitCode, stdout, stderr } = await dom0.runx(args);
        return { exitCode, stdout, error: stderr.trim().replace(/^runx: /, '') };
      },
      makeBundle: (changes = {}) => dom0.makeBundle('bundle', { ...spec, ...changes }),
    };
  },
};

// sleep(1) as /bin/program, with the libraries that it is linked to.
const makeRootfs = (rootfs: string): void => {
  const libraries = execFileSync('ldd', ['/bin/sleep'], { encoding: 'utf8' });
  for (const [file] of libraries.matchAll(/\/\S+/g)) {
    mkdirSync(join(rootfs, dirname(file)), { recursive: true });
    cpSync(file, join(rootfs, file), { dereference: true });
  }
  mkdirSync(join(rootfs, 'bin'), { recursive: true });
  cpSync('/bin/sleep', join(rootfs, 'bin/program'), { dereference: true });
};

// runc's own form, or the last line.
const parseError = (stderr: string): string => {
  const line = stderr.trim().split('\n').at(-1) ?? '';
  const [, quoted] = / level=error msg=(".*")$/.exec(line) ?? [];
  const sentence: string = quoted === undefined ? line : JSON.parse(quoted);
  return sentence.replace(/^runc \w+ failed: /, '');
};

const installed = (name: string): ContractTarget => ({
  name,
  words: name === 'runc',
  make: async (t) => {
    // Before the directory's own end: the runtime's root is in it.
    let end = async (): Promise<void> => {};
    t.after(() => end());
    const directory = await temporaryDirectory(t);
    const call: ContractRuntime['call'] = async (args) => {
      // Its output goes to files: a container that lives on holds it open.
      const { exitCode, stdout, stderr } = await execa(
        'sh',
        [
          '-c',
          '"$@" >out 2>err </dev/null; rc=$?; cat out; cat err >&2; exit $rc',
          'sh',
          name,
          '--root',
          join(directory, 'root'),
          ...args,
        ],
        { reject: false, cwd: directory, timeout: 30_000 },
      );
      return { exitCode: exitCode ?? null, stdout, error: parseError(stderr) };
    };
    end = async () => {
      const { stdout } = await call(['list', '-q']);
      for (const id of stdout.split('\n').filter(Boolean)) await call(['delete', '--force', id]);
    };
    return {
      directory,
      id: nextId(),
      call,
      makeBundle: async (changes = {}) => {
        const bundle = join(directory, 'bundle');
        await mkdir(bundle, { recursive: true });
        makeRootfs(join(bundle, 'rootfs'));
        await writeFile(join(bundle, 'config.json'), JSON.stringify({ ...spec, ...changes }));
        return bundle;
      },
    };
  },
});

const isInstalled = (name: string): boolean =>
  ['/usr/bin', '/usr/sbin', '/usr/local/bin', '/usr/local/sbin'].some((directory) =>
    existsSync(join(directory, name)),
  );

/** runx with the fakes, and the runtimes of this machine that it is measured by. */
export const contractTargets: readonly ContractTarget[] = [
  runx,
  ...['runc', 'crun'].filter(isInstalled).map(installed),
].filter(({ name }) => [undefined, name].includes(process.env['RUNX_CONTRACT']));

/** Why the runtime can run no container here; undefined if it can. */
export const whyNoContainer = async (
  t: TestContext,
  target: ContractTarget,
): Promise<string | undefined> => {
  if (target.name === 'runx') return undefined; // whose create is what is tested
  if (process.getuid?.() !== 0) return `${target.name} needs root`;
  const { call, id, makeBundle } = await target.make(t);
  const { exitCode, error } = await call(['create', '--bundle', await makeBundle(), id]);
  return exitCode === 0 ? undefined : `${target.name} creates no container here: ${error}`;
};
