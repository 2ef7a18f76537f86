import { defineCommand, openContext, print } from './command.ts';

export const gcCommand = defineCommand({
  command: 'gc',
  describe: 'remove the networks of containers that are gone, as after a reboot',
  builder: (y) => y,
  handler: async (args) => {
    const { collectGarbage } = await import('../container/garbage.ts');
    await collectGarbage(await openContext(args), (what) => print(`${what}\n`));
  },
});
