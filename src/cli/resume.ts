import { defineCommand, openContext } from './command.ts';

export const resumeCommand = defineCommand({
  command: 'resume <id>',
  describe: 'let a paused container run on',
  details: [
    'Only what `runx pause` stopped: a domain that `xl pause` stopped, too, runs on when both are undone.',
  ],
  builder: (y) =>
    y.positional('id', { type: 'string', demandOption: true, describe: "the container's id" }),
  handler: async (args) => {
    const { resumeContainer } = await import('../container/resume.ts');
    await resumeContainer(await openContext(args), args.id);
  },
});
