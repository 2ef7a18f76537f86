import { fileURLToPath } from 'node:url';

import { execa } from 'execa';

import { type Sample, parseSample } from './sample.ts';

/** A Dom0 that has the programs of the benchmarks. */
export interface Dom0 {
  /** The versions of its Node.js and of Xen. */
  readonly node: string;
  readonly xen: string;
  /** Runs a program of dom0/, with a file as its standard input, and gives its samples. */
  readonly run: (name: string, input: string | undefined) => AsyncGenerator<Sample>;
  /** Removes the programs, and ends the Dom0 if it was booted for them. */
  readonly leave: () => Promise<void>;
}

// No benchmark takes that long, even under emulation.
const deadlineSeconds = 3600;

const pathOf = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

const program = pathOf('scripts/dom0');

const exec = ['exec', '--'] as const;

const ask = async (...command: readonly string[]): Promise<string> => {
  const { stdout } = await execa(program, [...exec, ...command], {
    stdin: 'ignore',
    stderr: 'inherit',
  });
  return stdout;
};

/** Boots the Dom0 unless it is up; returns how to end what was booted. */
const boot = async (cancelSignal: AbortSignal): Promise<() => Promise<void>> => {
  const { exitCode } = await execa(program, ['status'], { stdio: 'ignore', reject: false });
  const options = { stdio: ['ignore', 'ignore', 'inherit'] } as const;
  await execa(program, ['up', '--while', String(process.pid)], { ...options, cancelSignal });
  return async () => {
    if (exitCode !== 0 && process.env['RUNX_DOM0'] === undefined) {
      await execa(program, ['down'], options);
    }
  };
};

const send = async (directory: string): Promise<void> => {
  const sources = ['-C', pathOf('scripts/benchmarks'), 'dom0', 'guest'];
  const peer = ['-C', pathOf('test/fixtures/network'), 'peer.py'];
  await execa('tar', ['-cf', '-', ...sources, ...peer], {
    encoding: 'buffer',
    stderr: 'inherit',
  }).pipe(program, [...exec, 'tar', '-C', directory, '--no-same-owner', '-xf', '-'], {
    stderr: 'inherit',
  });
};

/** Sends the programs into a directory of the Dom0; `cancelSignal` ends what is run there. */
export const enterDom0 = async (cancelSignal: AbortSignal): Promise<Dom0> => {
  const end = await boot(cancelSignal);
  try {
    const directory = await ask('mktemp', '-d', '/var/tmp/runx-bench.XXXXXX');
    await send(directory);
    const version = await ask('sh', '-c', 'cd /sys/hypervisor/version && cat major minor extra');
    const [major, minor, extra = ''] = version.split('\n');
    return {
      node: await ask('node', '--version'),
      xen: `${major}.${minor}${extra}`,
      async *run(name, input) {
        const command = ['timeout', String(deadlineSeconds), 'bash', `${directory}/dom0/${name}`];
        const lines = execa(program, [...exec, ...command], {
          stdin: input === undefined ? 'ignore' : { file: input },
          stderr: 'inherit',
          cancelSignal,
        });
        for await (const line of lines) yield parseSample(line);
      },
      async leave() {
        await ask('rm', '-rf', directory);
        await end();
      },
    };
  } catch (error) {
    await end();
    throw error;
  }
};
