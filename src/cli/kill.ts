import { defineCommand, openContext } from './command.ts';

export const killCommand = defineCommand({
  command: 'kill <id> [signal]',
  describe: "send a signal to the container's process",
  details: [
    'The signal is a name with or without `SIG`, a number, or `RTMIN+N`. `0` only asks whether the container runs. `KILL` destroys the domain, even if it is paused. Other signals to a paused container are delivered when it is resumed. The process is pid 1 of its namespace, so the kernel drops signals for which it has no handler.',
  ],
  positionals: {
    id: { type: 'string', demandOption: true, describe: "the container's id" },
    signal: {
      type: 'string',
      default: 'TERM',
      describe: 'name or number of the signal',
    },
  },
  options: {
    all: {
      alias: 'a',
      type: 'boolean',
      default: false,
      describe: 'signal all processes; ignore a stopped container',
    },
  },
  examples: [['runx kill web HUP', 'send SIGHUP to web']],
  handler: async (args) => {
    const { killContainer } = await import('../container/kill.ts');
    const { parseSignal } = await import('../oci/signals.ts');
    const context = await openContext(args);
    const options = { signal: parseSignal(args.signal), all: args.all };
    await killContainer(context, args.id, options);
  },
});
