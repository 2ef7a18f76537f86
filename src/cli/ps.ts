import { defineCommand, openContext } from './command.ts';
import { print } from './print.ts';
import { psOptions } from './ps-options.ts';

export const psCommand = defineCommand({
  command: 'ps <id> [args..]',
  describe: 'list the host processes that stand for the processes of a container',
  details: [
    'These are the monitor of the container and the monitor of each process that `runx exec` added. Processes inside the domain are not shown. Options must come before the id; everything after the id is passed to ps(1).',
  ],
  positionals: {
    id: { type: 'string', demandOption: true, describe: "the container's id" },
    args: {
      type: 'string',
      array: true,
      describe: 'arguments of ps(1), instead of -ef',
    },
  },
  options: { ...psOptions },
  handler: async (args) => {
    const { listPids, renderProcesses } = await import('../container/ps.ts');
    const context = await openContext(args);
    const pids = await listPids(context, args.id);
    if (args.format === 'json') await print(`${JSON.stringify(pids)}\n`);
    // The words after "--", see command-line.ts.
    else await print(await renderProcesses(context, pids, args._.slice(1).map(String)));
  },
});
