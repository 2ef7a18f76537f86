import { defineCommand, openContext, print } from './command.ts';

export const stateCommand = defineCommand({
  command: 'state <id>',
  describe: "print a container's state as JSON",
  builder: (y) =>
    y.positional('id', { type: 'string', demandOption: true, describe: "the container's id" }),
  handler: async (args) => {
    const { parseContainerId } = await import('../container/container-id.ts');
    const { renderState, statusOf } = await import('../container/status.ts');
    const { loadRecord } = await import('../container/store.ts');
    const { root } = await openContext(args);
    const record = await loadRecord(root, parseContainerId(args.id));
    await print(`${JSON.stringify(renderState(record, await statusOf(root, record)), null, 2)}\n`);
  },
});
