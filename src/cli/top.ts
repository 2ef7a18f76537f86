import { UsageError } from '../errors.ts';
import { defineCommand, openContext } from './command.ts';
import { print } from './print.ts';

const msPerSecond = 1000;

export const topCommand = defineCommand({
  command: 'top [ids..]',
  describe: 'watch how much CPU time, memory, network and disk containers use',
  details: [
    'On a terminal, the table is redrawn at each interval until `q` or `^C`. Otherwise, the tables are printed one after another. With ids, the command also ends when these containers have ended. The values come from xentop(1), which is searched for in the directory of xl and then on `PATH`, and from the network interfaces of the host, not from the domains.',
    'CPU is in percent of one CPU since the previous table. Memory is that of the domain. Network and disk are totals since the domain started; a root file system by 9P does not count as a disk.',
  ],
  positionals: {
    ids: {
      type: 'string',
      array: true,
      default: [],
      describe: 'ids of the containers; without ids, all containers',
    },
  },
  options: {
    interval: {
      type: 'string',
      requiresArg: true,
      default: '2s',
      describe: 'time between two tables, a whole number of seconds',
    },
    iterations: {
      alias: 'n',
      type: 'string',
      requiresArg: true,
      describe: 'number of tables after which to exit',
    },
  },
  examples: [
    ['runx top', 'all containers, until q'],
    ['runx top --iterations 1 web | cat', 'one table, as text'],
  ],
  handler: async (args) => {
    const { parseDuration } = await import('./duration.ts');
    const intervalSeconds = parseDuration(args.interval, 'interval') / msPerSecond;
    if (intervalSeconds < 1 || !Number.isInteger(intervalSeconds)) {
      throw new UsageError(`--interval: "${args.interval}" is not a whole number of seconds`);
    }
    const { iterations = 'Infinity', ids } = args;
    if (!/^(Infinity|[1-9]\d{0,8})$/.test(iterations)) {
      throw new UsageError(`--iterations: "${iterations}" is not a positive number`);
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
