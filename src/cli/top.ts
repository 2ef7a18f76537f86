import { UsageError } from '../errors.ts';
import { defineCommand, openContext, print } from './command.ts';

const msPerSecond = 1000;

export const topCommand = defineCommand({
  command: 'top [ids..]',
  describe: 'watch how much CPU time, memory, network and disk containers use',
  details: [
    'On a terminal the table is drawn anew each time, until `q` or ^C; elsewhere one table follows the other. With ids it ends when these containers have, too. It runs one xentop(1), which is looked for beside xl and then on `PATH`, and reads the counters of network interfaces; nothing in a domain is asked.',
    'CPU is in percent of one CPU since the table before; memory is what the domain has. Network and disk are totals since it began; a rootfs by 9P is no disk.',
  ],
  builder: (y) =>
    y
      .positional('ids', {
        type: 'string',
        array: true,
        default: [],
        describe: 'the containers; all if there is none',
      })
      .option('interval', {
        type: 'string',
        requiresArg: true,
        default: '2s',
        describe: 'time between two tables, in whole seconds',
      })
      .option('iterations', {
        alias: 'n',
        type: 'string',
        requiresArg: true,
        describe: 'end after so many tables',
      })
      .example('runx top', 'all containers, until q')
      .example('runx top --iterations 1 web | cat', 'one table, as text'),
  handler: async (args) => {
    const { parseDuration } = await import('./duration.ts');
    const intervalSeconds = parseDuration(args.interval, 'interval') / msPerSecond;
    if (intervalSeconds < 1 || !Number.isInteger(intervalSeconds)) {
      throw new UsageError(`--interval: not in whole seconds: "${args.interval}"`);
    }
    const { iterations = 'Infinity', ids } = args;
    if (!/^(Infinity|[1-9]\d{0,8})$/.test(iterations)) {
      throw new UsageError(`--iterations: not a number from 1 on: "${iterations}"`);
    }
    const { watchLoads } = await import('../container/top.ts');
    const { renderLoads } = await import('./load-table.ts');
    const context = await openContext(args);
    const end = new AbortController();
    const isTerminal = process.stdout.isTTY;
    const options = {
      ids,
      intervalSeconds,
      iterations: Number(iterations),
      showsFirst: isTerminal,
      end,
    };
    if (!isTerminal) {
      await watchLoads(context, options, (loads) => print(renderLoads(loads)));
      return;
    }
    const { openScreen } = await import('./screen.ts');
    const screen = await openScreen(() => end.abort());
    try {
      await watchLoads(context, options, (loads) => screen.draw(renderLoads(loads)));
    } finally {
      await screen.close();
    }
  },
});
