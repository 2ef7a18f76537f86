import { defineCommand, openContext } from './command.ts';
import { print } from './print.ts';

export const gcCommand = defineCommand({
  command: 'gc',
  describe: 'remove what is left of lost containers, for example after a reboot',
  details: [
    'A container is lost if its state directory is gone but it was not deleted, as after a reboot or a power cut. The command calls the CNI plugins to remove lost containers from their networks, and removes their writable layers. Run it at boot.',
    'The command also removes unfinished images of root file systems and, if all images together are larger than `images_mib`, unused images, the least recently used first.',
  ],
  handler: async (args) => {
    const { collectGarbage } = await import('../container/gc.ts');
    await collectGarbage(await openContext(args), (what) => print(`${what}\n`));
  },
});
