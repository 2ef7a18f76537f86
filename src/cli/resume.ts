import { defineCommand, openContext } from './command.ts';

export const resumeCommand = defineCommand({
  command: 'resume <id>',
  describe: 'resume a paused container',
  details: [
    'The command undoes `runx pause` only. If `xl pause` has also paused the domain, the domain continues after both are undone.',
  ],
  positionals: { id: { type: 'string', demandOption: true, describe: "the container's id" } },
  handler: async (args) => {
    const { resumeContainer } = await import('../container/resume.ts');
    await resumeContainer(await openContext(args), args.id);
  },
});
