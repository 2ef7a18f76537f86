import { RunxError } from '../errors.ts';
import { defineCommand, openContext, print } from './command.ts';

export const eventsCommand = defineCommand({
  command: 'events <id>',
  describe: 'print how much CPU time, memory, disk and network a container uses',
  details: [
    "The figures are the hypervisor's and the host's; nothing in the domain is asked. `cpu.usage.total` is in nanoseconds. `memory.usage.usage` is what the domain holds, in bytes, which is what it costs the host. `blkio` has the disks, and `network_interfaces` the interfaces.",
    'The interval is a number with a unit, or several: `ns`, `us`, `ms`, `s`, `m`, `h`.',
  ],
  builder: (y) =>
    y
      .positional('id', { type: 'string', demandOption: true, describe: "the container's id" })
      .option('stats', { type: 'boolean', default: false, describe: 'once, and end' })
      .option('interval', {
        type: 'string',
        requiresArg: true,
        default: '5s',
        describe: 'time between two, until the container stops',
      })
      .example('runx events --interval 1m30s web', 'a line of JSON each time'),
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
