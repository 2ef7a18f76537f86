import { defineCommand, openContext } from './command.ts';
import { print } from './print.ts';

export const stateCommand = defineCommand({
  command: 'state <id>',
  describe: 'print the state of a container as JSON',
  details: [
    'The output is a State document of the OCI runtime specification. The status is `creating`, `created`, `running`, `paused` or `stopped`. The additional key `network` lists the network interfaces and their addresses.',
  ],
  positionals: { id: { type: 'string', demandOption: true, describe: "the container's id" } },
  handler: async (args) => {
    const { showState } = await import('../container/state.ts');
    const state = await showState(await openContext(args), args.id);
    await print(`${JSON.stringify(state, null, 2)}\n`);
  },
});
