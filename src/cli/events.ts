import { RunxError } from '../errors.ts';
import { defineCommand, openContext } from './command.ts';
import { print } from './print.ts';

export const eventsCommand = defineCommand({
  command: 'events <id>',
  describe: 'print how much CPU time, memory, disk and network a container uses',
  details: [
    'The values come from the hypervisor and from Dom0, not from the domain. `cpu.usage.total` is in nanoseconds. `memory.usage.usage` is the memory that the domain takes from the host, in bytes. `blkio` lists the disks, and `network_interfaces` the network interfaces.',
    'The interval is one or more numbers with units, such as 1m30s. The units are `ns`, `us`, `ms`, `s`, `m` and `h`.',
  ],
  positionals: { id: { type: 'string', demandOption: true, describe: "the container's id" } },
  options: {
    stats: { type: 'boolean', default: false, describe: 'print once and exit' },
    interval: {
      type: 'string',
      requiresArg: true,
      default: '5s',
      describe: 'time between two lines, until the container stops',
    },
  },
  examples: [['runx events --interval 1m30s web', 'a line of JSON every 90 seconds']],
  handler: async (args) => {
    const { watchUsage } = await import('../container/events.ts');
    const { renderStats } = await import('./event.ts');
    const { parseDuration } = await import('./duration.ts');
    const intervalMs = parseDuration(args.interval, 'interval');
    if (intervalMs <= 0) throw new RunxError('duration interval must be greater than 0');
    await watchUsage(
      await openContext(args),
      args.id,
      args.stats ? undefined : intervalMs,
      (usage) => print(`${JSON.stringify(renderStats(args.id, usage))}\n`),
    );
  },
});
