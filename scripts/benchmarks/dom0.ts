import { fileURLToPath } from 'node:url';

import { execa } from 'execa';

import { type Sample, parseSample } from './sample.ts';

/** A Dom0 that has the programs of the benchmarks. */
export interface Dom0 {
  /** Runs a program of dom0/, with a file as its standard input, and gives its samples. */
  readonly run: (name: string, input: string | undefined) => AsyncGenerator<Sample>;
  /** Removes the programs. */
  readonly remove: () => Promise<void>;
}

// No benchmark takes that long, even under emulation.
const deadlineSeconds = 7200;

const pathOf = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

const exec = [pathOf('scripts/dom0'), 'exec', '--'] as const;

/** Sends the programs into a directory of the Dom0; `cancelSignal` ends what is run there. */
export const sendPrograms = async (cancelSignal: AbortSignal): Promise<Dom0> => {
  const [program, ...words] = exec;
  const { stdout: directory } = await execa(
    program,
    [...words, 'mktemp', '-d', '/var/tmp/runx-bench.XXXXXX'],
    { stdin: 'ignore', stderr: 'inherit', cancelSignal },
  );
  const sources = ['-C', pathOf('scripts/benchmarks'), 'dom0', 'guest'];
  const peer = ['-C', pathOf('test/fixtures/network'), 'peer.py'];
  await execa('tar', ['-cf', '-', ...sources, ...peer], {
    encoding: 'buffer',
    stderr: 'inherit',
    cancelSignal,
  }).pipe(program, [...words, 'tar', '-C', directory, '--no-same-owner', '-xf', '-'], {
    stderr: 'inherit',
  });
  return {
    async *run(name, input) {
      const command = ['timeout', String(deadlineSeconds), 'bash', `${directory}/dom0/${name}`];
      const lines = execa(program, [...words, ...command], {
        stdin: input === undefined ? 'ignore' : { file: input },
        stderr: 'inherit',
        cancelSignal,
      });
      for await (const line of lines) yield parseSample(line);
    },
    async remove() {
      await execa(program, [...words, 'rm', '-rf', directory], { stdin: 'ignore' });
    },
  };
};
