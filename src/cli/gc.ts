import { defineCommand, openContext, print } from './command.ts';

export const gcCommand = defineCommand({
  command: 'gc',
  describe: 'remove the networks of containers that are gone, as after a reboot',
  details: [
    "A container's networks are on record from before a CNI plugin is called until it has undone its work. Where the container is gone, as after a reboot or a power cut, the plugins are called to undo it. Call it at boot.",
  ],
  builder: (y) => y,
  handler: async (args) => {
    const { collectGarbage } = await import('../container/garbage.ts');
    await collectGarbage(await openContext(args), (what) => print(`${what}\n`));
  },
});
