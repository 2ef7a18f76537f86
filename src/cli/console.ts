import { RunxError } from '../errors.ts';
import { killedExitCode } from '../oci/signals.ts';
import { defineCommand, openContext } from './command.ts';

export const consoleCommand = defineCommand({
  command: 'console <id>',
  describe: 'attach to a container that was created with --keep-output',
  details: [
    "The command prints the last screenful of the container's output and then all new output, and forwards standard input. If the container has a terminal, its window size follows that of runx, and `^]` detaches without stopping the container. If the container has no terminal, the end of standard input ends the input of the container for good, and `^C` detaches.",
    'Only one console can be attached at a time. A console that is too slow loses output and prints how much; the container never waits.',
  ],
  exitCodes: [
    ['0 to 255', "the container's exit code, if it ended; 0 also after `^]`"],
    ['1', 'an error of runx'],
    ['137', 'the domain was destroyed, or ended without an exit code of the process'],
  ],
  positionals: { id: { type: 'string', demandOption: true, describe: "the container's id" } },
  examples: [['runx console web', 'attach until ^]']],
  handler: async (args) => {
    const { openConsole } = await import('../container/console.ts');
    const { showConsole } = await import('./attached-terminal.ts');
    const context = await openContext(args);
    const { socket, terminal } = await openConsole(context, args.id);
    if (process.stdin.isTTY && process.stderr.isTTY) {
      const how = terminal ? '^] detaches' : 'no terminal; ^C detaches, ^D ends the input';
      process.stderr.write(`attached to ${args.id}: ${how}\n`);
    }
    const detachment = await showConsole({ socket, terminal, log: context.log });
    if (detachment.how === 'refused') {
      throw new RunxError(
        `container ${args.id}: another runx console is attached: detach it first`,
      );
    }
    if (detachment.how === 'detached') return;
    // If the monitor is killed, it sends no exit code and the container is killed with it.
    process.exitCode = detachment.exitCode ?? killedExitCode;
  },
});
