import { createOptions } from './bundle-options.ts';
import { defineCommand, openContext } from './command.ts';

export const createCommand = defineCommand({
  command: 'create <id>',
  describe: 'create a container from a bundle',
  builder: (y) =>
    y
      .positional('id', { type: 'string', demandOption: true, describe: "the container's id" })
      .options(createOptions)
      .example('runx create --bundle /bundles/web web', 'create it; runx start web starts it'),
  handler: async (args) => {
    const { createContainer } = await import('../container/create.ts');
    const { id, bundle, pidFile, consoleSocket } = args;
    const options = { id, bundle, pidFile, consoleSocket, foreground: false };
    const monitor = await createContainer(await openContext(args), options);
    monitor.release();
  },
});
