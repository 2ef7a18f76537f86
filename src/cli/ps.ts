import { defineCommand, openContext, print } from './command.ts';
import { psOptions } from './ps-options.ts';

export const psCommand = defineCommand({
  command: 'ps <id> [args..]',
  describe: "list the host processes that stand for the container's",
  details: [
    'They are the monitor and those of `runx exec`, one for each process that was added. Processes inside the domain are not seen. Options stand before the id; all behind it goes to ps(1).',
  ],
  builder: (y) =>
    y
      .positional('id', { type: 'string', demandOption: true, describe: "the container's id" })
      .positional('args', {
        type: 'string',
        array: true,
        describe: 'arguments of ps, instead of -ef',
      })
      .options(psOptions),
  handler: async (args) => {
    const { listPids, renderProcesses } = await import('../container/ps.ts');
    const context = await openContext(args);
    const pids = await listPids(context, args.id);
    if (args.format === 'json') await print(`${JSON.stringify(pids)}\n`);
    // What follows -- is beside the command's own words (see command-line.ts).
    else await print(await renderProcesses(context, pids, args._.slice(1).map(String)));
  },
});
