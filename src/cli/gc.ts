import { defineCommand, openContext, print } from './command.ts';

export const gcCommand = defineCommand({
  command: 'gc',
  describe: 'remove what is left of containers that are gone, as after a reboot',
  details: [
    "A container's networks are on record from before a CNI plugin is called until it has undone its work. Where the container is gone, as after a reboot or a power cut, the plugins are called to undo it. Call it at boot.",
    'The writable layers of such containers go as well, and images of root file systems that were never finished. Images beyond `images_mib` that no domain uses go too, the one used longest ago first.',
  ],
  builder: (y) => y,
  handler: async (args) => {
    const { collectGarbage } = await import('../container/gc.ts');
    await collectGarbage(await openContext(args), (what) => print(`${what}\n`));
  },
});
