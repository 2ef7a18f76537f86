import { defineCommand, openContext } from './command.ts';

export const pauseCommand = defineCommand({
  command: 'pause <id>',
  describe: 'stop a running container where it is',
  builder: (y) =>
    y.positional('id', { type: 'string', demandOption: true, describe: "the container's id" }),
  handler: async (args) => {
    const { pauseContainer } = await import('../container/pause.ts');
    await pauseContainer(await openContext(args), args.id);
  },
});
