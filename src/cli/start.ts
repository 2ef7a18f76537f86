import { defineCommand, openContext } from './command.ts';

export const startCommand = defineCommand({
  command: 'start <id>',
  describe: 'start the process of a created container',
  details: [
    'The domain, which has booted, executes the process. A container can be started only once: to run it again, delete it and create it again.',
  ],
  positionals: { id: { type: 'string', demandOption: true, describe: "the container's id" } },
  handler: async (args) => {
    const { startContainer } = await import('../container/start.ts');
    await startContainer(await openContext(args), args.id);
  },
});
