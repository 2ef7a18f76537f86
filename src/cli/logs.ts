import { UsageError } from '../errors.ts';
import { defineCommand, openContext, print } from './command.ts';

export const logsCommand = defineCommand({
  command: 'logs <id>',
  describe: 'print the output of a container that was created with --keep-output',
  details: [
    'It is printed byte for byte, standard output and error in order of arrival, until the container is deleted. The last 1 to 2 MiB are kept, in the directory of its state; what the disk there has no room for is lost.',
    'What the kernel and the init of the domain have to say is not among it: `xl console` shows that.',
  ],
  builder: (y) =>
    y
      .positional('id', { type: 'string', demandOption: true, describe: "the container's id" })
      .option('follow', {
        alias: 'f',
        type: 'boolean',
        default: false,
        describe: 'print also what comes, until the container ends',
      })
      .option('tail', {
        alias: 'n',
        type: 'string',
        requiresArg: true,
        describe: 'begin with so many of the last lines, not with all',
      })
      .example('runx logs -f -n 20 web', 'the last 20 lines, and what follows'),
  handler: async (args) => {
    const { tail } = args;
    if (tail !== undefined && !/^\d{1,9}$/.test(tail)) {
      throw new UsageError(`--tail: not a number of lines: "${tail}"`);
    }
    const { showLogs } = await import('../container/logs.ts');
    const options = { follow: args.follow, tail: tail === undefined ? undefined : Number(tail) };
    await showLogs(await openContext(args), args.id, options, print);
  },
});
