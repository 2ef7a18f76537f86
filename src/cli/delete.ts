import { defineCommand, openContext } from './command.ts';

export const deleteCommand = defineCommand({
  command: 'delete <id>',
  describe: 'delete a container that is stopped, and all that is left of it',
  details: [
    'A container that was created and never started can be deleted, too. Its domain, its networks and its state are removed. With `--force`, so is a container that is being created by another runx, whose create is ended, and one whose state is damaged.',
  ],
  builder: (y) =>
    y
      .positional('id', { type: 'string', demandOption: true, describe: "the container's id" })
      .option('force', {
        alias: 'f',
        type: 'boolean',
        default: false,
        describe: 'also when it runs; an unknown id is no error',
      }),
  handler: async (args) => {
    const { deleteContainer } = await import('../container/delete.ts');
    await deleteContainer(await openContext(args), args.id, args.force);
  },
});
