import { defineCommand, openContext } from './command.ts';
import { print } from './print.ts';

export const listCommand = defineCommand({
  command: 'list',
  describe: 'list the containers',
  details: [
    'The table has the columns of runc (id, pid, status, bundle, time of creation, owner), and then the age, the memory and the addresses of the domain. The memory is empty for a container without a domain, which has stopped or is the sandbox of a pod.',
  ],
  options: {
    format: {
      alias: 'f',
      choices: ['table', 'json'] as const,
      default: 'table' as const,
      describe: 'output format',
    },
    quiet: { alias: 'q', type: 'boolean', default: false, describe: 'print ids only' },
  },
  examples: [['runx list --quiet', 'one id on each line']],
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
