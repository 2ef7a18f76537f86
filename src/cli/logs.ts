import { UsageError } from '../errors.ts';
import { defineCommand, openContext } from './command.ts';
import { print } from './print.ts';

export const logsCommand = defineCommand({
  command: 'logs <id>',
  describe: 'print the output of a container that was created with --keep-output',
  details: [
    'The command prints standard output and standard error byte for byte, in order of arrival. The monitor keeps the last 1 to 2 MiB in the state directory until the container is deleted. Output is lost if that file system is full.',
    'The messages of the guest kernel and of the init of the domain are not part of the output: `xl console` shows them.',
  ],
  positionals: { id: { type: 'string', demandOption: true, describe: "the container's id" } },
  options: {
    follow: {
      alias: 'f',
      type: 'boolean',
      default: false,
      describe: 'continue with new output until the container ends',
    },
    tail: {
      alias: 'n',
      type: 'string',
      requiresArg: true,
      describe: 'start with only this many of the last lines',
    },
  },
  examples: [['runx logs -f -n 20 web', 'the last 20 lines, then all new output']],
  handler: async (args) => {
    const { tail } = args;
    if (tail !== undefined && !/^\d{1,9}$/.test(tail)) {
      throw new UsageError(`--tail: "${tail}" is not a number of lines`);
    }
    const { showLogs } = await import('../container/logs.ts');
    const options = { follow: args.follow, tail: tail === undefined ? undefined : Number(tail) };
    await showLogs(await openContext(args), args.id, options, print);
  },
});
