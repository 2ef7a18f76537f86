import { promises as fs } from 'node:fs';

import { RunxError, UsageError, messageOf, sentences } from '../errors.ts';
import type { Spec } from '../oci/spec.ts';
import { defineCommand, openContext } from './command.ts';
import { execOptions } from './exec-options.ts';

// The exit code of runc if exec itself fails, which engines expect.
const exitCodeOfFailure = 255;

export const execCommand = defineCommand({
  command: 'exec <id> [command..]',
  describe: 'run another process in a running container',
  details: [
    "Environment, directory, user, capabilities, limits and seccomp are those of the container's own process unless an option changes them. Options must come before the id; everything after the id is the command. With `--tty` and `--detach`, the terminal's master is sent to `--console-socket`.",
    'Signals to the host pid are forwarded to the process. The process ends when the container ends. A container can have at most 61 added processes at a time, or 62 if it has a terminal.',
  ],
  exitCodes: [
    ['0 to 255', 'the exit code of the process; with `--detach`, 0 once it runs'],
    ['128 + N', 'the process was ended by signal N'],
    ['126, 127', 'the program could not be executed, or was not found'],
    ['137', 'the container ended'],
    ['255', 'the process could not be added'],
  ],
  positionals: {
    id: { type: 'string', demandOption: true, describe: "the container's id" },
    command: { type: 'string', array: true, describe: 'command and arguments' },
  },
  options: { ...execOptions },
  examples: [['runx exec -t web sh', 'a shell in the container web']],
  handler: async (args) => {
    process.exitCode = exitCodeOfFailure;
    const { execInContainer } = await import('../container/exec.ts');
    const { parseProcess } = await import('../oci/spec.ts');
    const { processFromFlags } = await import('../oci/exec-process.ts');
    const { id, detach, pidFile, consoleSocket } = args;
    const file = args.process;
    // The words after "--", see command-line.ts.
    const words = args._.slice(1).map(String);
    if (file === undefined && words.length === 0)
      throw new UsageError('no command: give a command after the id, or use --process');
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
    return await fs.readFile(file, 'utf8');
  } catch (error) {
    throw new RunxError(`--process ${file}: ${messageOf(error)}`);
  }
};
