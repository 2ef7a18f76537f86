import { defineCommand, openContext, print } from './command.ts';

export const listCommand = defineCommand({
  command: 'list',
  describe: 'list the containers',
  details: [
    "The table has id, pid, status, bundle, time of creation and owner, as runc's, and then the age, the memory that the domain has and its addresses. A container without a domain, because it has stopped or is the sandbox of a pod, has no memory there.",
  ],
  builder: (y) =>
    y
      .option('format', {
        alias: 'f',
        choices: ['table', 'json'] as const,
        default: 'table' as const,
        describe: 'form of the list',
      })
      .option('quiet', { alias: 'q', type: 'boolean', default: false, describe: 'ids only' })
      .example('runx list --quiet', 'their ids, a line each'),
  handler: async (args) => {
    const { listAll } = await import('../container/list.ts');
    const { renderContainers } = await import('./container-table.ts');
    const listed = await listAll(await openContext(args));
    const states = listed.map(({ state }) => state);
    if (args.quiet) await print(states.map(({ id }) => `${id}\n`).join(''));
    else if (args.format === 'json') await print(`${JSON.stringify(states)}\n`);
    else await print(renderContainers(listed, Date.now()));
  },
});
