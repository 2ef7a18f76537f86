import { defineCommand, openContext, print } from './command.ts';

export const stateCommand = defineCommand({
  command: 'state <id>',
  describe: "print a container's state as JSON",
  details: [
    'The status is `creating`, `created`, `running`, `paused` or `stopped`. Beside what the OCI runtime specification has, `network` lists the interfaces and their addresses.',
  ],
  builder: (y) =>
    y.positional('id', { type: 'string', demandOption: true, describe: "the container's id" }),
  handler: async (args) => {
    const { showState } = await import('../container/state.ts');
    const state = await showState(await openContext(args), args.id);
    await print(`${JSON.stringify(state, null, 2)}\n`);
  },
});
