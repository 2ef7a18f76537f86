import { defineCommand, openContext, print } from './command.ts';

export const listCommand = defineCommand({
  command: 'list',
  describe: 'list the containers',
  details: ['The table has id, pid, status, bundle, addresses, time of creation and owner.'],
  builder: (y) =>
    y
      .option('format', {
        alias: 'f',
        choices: ['table', 'json'] as const,
        default: 'table' as const,
        describe: 'form of the list',
      })
      .option('quiet', { alias: 'q', type: 'boolean', default: false, describe: 'ids only' }),
  handler: async (args) => {
    const { listStates, renderTable } = await import('../container/list.ts');
    const states = await listStates(await openContext(args));
    if (args.quiet) await print(states.map(({ id }) => `${id}\n`).join(''));
    else if (args.format === 'json') await print(`${JSON.stringify(states)}\n`);
    else await print(renderTable(states));
  },
});
