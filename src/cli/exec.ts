import { readFile } from 'node:fs/promises';

import { RunxError, UsageError, messageOf, sentences } from '../errors.ts';
import type { Spec } from '../oci/spec.ts';
import { defineCommand, openContext } from './command.ts';
import { execOptions } from './exec-options.ts';

// runc's, by which engines tell it from the process's own.
const exitCodeOfFailure = 255;

export const execCommand = defineCommand({
  command: 'exec <id> [command..]',
  describe: 'run another process in a running container',
  details: [
    "What is not said is as in the container's own process: environment, directory, user, capabilities, limits, seccomp. Options stand before the id; all behind it is the command. With `--tty` and `--detach`, the terminal's master goes to the socket of `--console-socket`.",
    'Signals to the host pid reach the process. It ends with the container. At most 61 are added at once.',
  ],
  exitCodes: [
    ['0 to 255', 'the exit code of the process; with `--detach`, 0 once it runs'],
    ['128 + N', 'the process was ended by signal N'],
    ['126, 127', 'the program could not be executed, or was not found'],
    ['137', 'the container ended'],
    ['255', 'also that the process could not be added'],
  ],
  builder: (y) =>
    y
      .positional('id', { type: 'string', demandOption: true, describe: "the container's id" })
      .positional('command', { type: 'string', array: true, describe: 'its words' })
      .options(execOptions)
      .example('runx exec -t web sh', 'a shell in the container web'),
  handler: async (args) => {
    process.exitCode = exitCodeOfFailure;
    const { execInContainer } = await import('../container/exec.ts');
    const { parseProcess } = await import('../oci/spec.ts');
    const { processFromFlags } = await import('../oci/exec-process.ts');
    const { id, detach, pidFile, consoleSocket } = args;
    const file = args.process;
    // What stands behind "--", see command-line.ts.
    const words = args._.slice(1).map(String);
    if (file === undefined && words.length === 0) throw new UsageError('no command given');
    const makeProcess = async ({ process: own }: Spec) => {
      if (file !== undefined) return parseProcess(await read(file), file);
      if (!own) throw new RunxError(sentences.noProcess);
      return processFromFlags(own, {
        args: words,
        terminal: args.tty,
        cwd: args.cwd,
        env: args.env,
        user: args.user,
        additionalGids: args.additionalGids,
        capabilities: args.cap,
        noNewPrivileges: args.noNewPrivs,
      });
    };
    process.exitCode = await execInContainer(await openContext(args), {
      id,
      process: makeProcess,
      detach,
      pidFile,
      consoleSocket,
    });
  },
});

const read = async (file: string): Promise<string> => {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new RunxError(`--process ${file}: ${messageOf(error)}`);
  }
};
