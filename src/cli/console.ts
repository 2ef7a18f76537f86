import { RunxError } from '../errors.ts';
import { killedExitCode } from '../oci/signals.ts';
import { defineCommand, openContext } from './command.ts';

export const consoleCommand = defineCommand({
  command: 'console <id>',
  describe: 'attach to a container that was created with --keep-output',
  details: [
    "The last screenful of its output comes first, then what it writes; standard input goes to it. If the container has a terminal, it is on that of runx, with its window's size, until `^]`: that detaches, and the container runs on. If it has none, the end of standard input ends its input for good, and `^C` detaches.",
    'One can be attached at a time. Who is too slow misses output, and is told how much; the container never waits.',
  ],
  exitCodes: [
    ['0 to 255', "the container's exit code, if it ended; 0 also after `^]`"],
    ['1', 'also an error of runx'],
    ['137', 'also that the domain was destroyed, or ended without an exit code of the process'],
  ],
  builder: (y) =>
    y
      .positional('id', { type: 'string', demandOption: true, describe: "the container's id" })
      .example('runx console web', 'its terminal, until ^]'),
  handler: async (args) => {
    const { openConsole } = await import('../container/console.ts');
    const { showConsole } = await import('./attached-terminal.ts');
    const context = await openContext(args);
    const { socket, terminal } = await openConsole(context, args.id);
    if (process.stdin.isTTY && process.stderr.isTTY) {
      const how = terminal ? '^] detaches' : 'it has no terminal; ^C detaches, ^D ends its input';
      process.stderr.write(`attached to ${args.id}: ${how}\n`);
    }
    const detachment = await showConsole({ socket, terminal, log: context.log });
    if (detachment.how === 'refused') {
      throw new RunxError(`container ${args.id} has another runx console attached`);
    }
    if (detachment.how === 'detached') return;
    // A monitor that is killed says no code, and its container is killed with it.
    process.exitCode = detachment.exitCode ?? killedExitCode;
  },
});
