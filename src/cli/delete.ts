import { defineCommand, openContext } from './command.ts';

export const deleteCommand = defineCommand({
  command: 'delete <id>',
  describe: 'delete a stopped container and everything left of it',
  details: [
    'The command removes the domain, the networks and the state of the container. A created container that was never started can be deleted too. With `--force`, the command also deletes a running container, a container whose state is damaged, and a container that another runx is creating, which it kills.',
  ],
  positionals: { id: { type: 'string', demandOption: true, describe: "the container's id" } },
  options: {
    force: {
      alias: 'f',
      type: 'boolean',
      default: false,
      describe: 'also delete a running container; ignore an unknown id',
    },
  },
  handler: async (args) => {
    const { deleteContainer } = await import('../container/delete.ts');
    await deleteContainer(await openContext(args), args.id, args.force);
  },
});
