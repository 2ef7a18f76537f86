import { defineCommand, openContext } from './command.ts';

export const consoleCommand = defineCommand({
  command: 'console <id>',
  describe: 'attach to a container that was created with --keep-output',
  details: [
    "The last screenful of its output comes first, then what it writes; standard input goes to it. If the container has a terminal, it is on that of runx, with its window's size, until `^]`: that detaches, and the container runs on. If it has none, the end of standard input ends its input for good, and `^C` detaches.",
    'One can be attached at a time. Who is too slow misses output, and is told how much; the container never waits.',
  ],
  exitCodes: [
    ['0 to 255', "the container's exit code, if it ended; 0 also after `^]`"],
    ['1', 'also an error of runx'],
    ['137', 'also that the domain was destroyed, or ended without an exit code of the process'],
  ],
  builder: (y) =>
    y
      .positional('id', { type: 'string', demandOption: true, describe: "the container's id" })
      .example('runx console web', 'its terminal, until ^]'),
  handler: async (args) => {
    const { attachToContainer } = await import('../container/console.ts');
    process.exitCode = await attachToContainer(await openContext(args), args.id);
  },
});
