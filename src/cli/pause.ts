import { defineCommand, openContext } from './command.ts';

export const pauseCommand = defineCommand({
  command: 'pause <id>',
  describe: 'pause a running container',
  details: [
    'The virtual CPUs of the domain stop until `runx resume`. A paused container can be killed with `KILL` and deleted with `--force`.',
  ],
  positionals: { id: { type: 'string', demandOption: true, describe: "the container's id" } },
  handler: async (args) => {
    const { pauseContainer } = await import('../container/pause.ts');
    await pauseContainer(await openContext(args), args.id);
  },
});
