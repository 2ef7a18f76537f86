import { defineCommand, openContext } from './command.ts';

export const pauseCommand = defineCommand({
  command: 'pause <id>',
  describe: 'stop a running container where it is',
  details: [
    "The domain's virtual CPUs get no time. While it is paused it can be killed with `KILL` and deleted with `--force`.",
  ],
  builder: (y) =>
    y.positional('id', { type: 'string', demandOption: true, describe: "the container's id" }),
  handler: async (args) => {
    const { pauseContainer } = await import('../container/pause.ts');
    await pauseContainer(await openContext(args), args.id);
  },
});
