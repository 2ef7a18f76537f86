import { defineCommand, openContext } from './command.ts';

export const startCommand = defineCommand({
  command: 'start <id>',
  describe: 'start the process of a created container',
  details: [
    'The domain boots and executes the process. A container is started once: to run it again, delete and create it.',
  ],
  builder: (y) =>
    y.positional('id', { type: 'string', demandOption: true, describe: "the container's id" }),
  handler: async (args) => {
    const { startContainer } = await import('../container/start.ts');
    await startContainer(await openContext(args), args.id);
  },
});
