import { defineCommand, openContext } from './command.ts';

export const killCommand = defineCommand({
  command: 'kill <id> [signal]',
  describe: "send a signal to the container's process",
  details: [
    'The signal is a name with or without `SIG`, a number, or `RTMIN+N`. `KILL` destroys the domain, also while it is paused; any other signal is delivered when it is resumed. The process is pid 1 of its namespace: it does not get signals that it does not handle.',
  ],
  builder: (y) =>
    y
      .positional('id', { type: 'string', demandOption: true, describe: "the container's id" })
      .positional('signal', { type: 'string', default: 'TERM', describe: 'name or number' })
      .option('all', {
        alias: 'a',
        type: 'boolean',
        default: false,
        describe: 'to all its processes; no error if it is stopped',
      })
      .example('runx kill web HUP', 'KILL destroys the domain'),
  handler: async (args) => {
    const { killContainer } = await import('../container/kill.ts');
    const { parseSignal } = await import('../oci/signals.ts');
    const context = await openContext(args);
    const options = { signal: parseSignal(args.signal), all: args.all };
    await killContainer(context, args.id, options);
  },
});
