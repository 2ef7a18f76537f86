import { createOptions } from './bundle-options.ts';
import { defineCommand, openContext } from './command.ts';

export const createCommand = defineCommand({
  command: 'create <id>',
  describe: 'create a container from a bundle',
  details: [
    'A bundle is a directory with a `config.json`, in the form of the OCI runtime specification, and the root file system that it names. The container gets a domain of its own, which waits, paused, for `runx start`. What `config.json` asks for and runx cannot give is refused by name. A create that fails leaves nothing.',
    "Standard input, output and error become those of the container's process. If it has a terminal, the terminal's master goes to the socket of `--console-socket`. With `--keep-output` they stay with the container instead, for `runx logs` and `runx console`: 2 MiB of its last output, in the directory of its state.",
    "The pid is that of the monitor, the process that stands for the container on the host: signals to it reach the container's process, and it exits with that process's exit code.",
  ],
  builder: (y) =>
    y
      .positional('id', { type: 'string', demandOption: true, describe: "the container's id" })
      .options(createOptions)
      .example('runx create --bundle /bundles/web web', 'create it; runx start web starts it'),
  handler: async (args) => {
    const { createContainer } = await import('../container/create.ts');
    const { id, bundle, pidFile, consoleSocket, keepOutput } = args;
    const options = { id, bundle, pidFile, consoleSocket, keepOutput, foreground: false };
    const monitor = await createContainer(await openContext(args), options);
    monitor.release();
  },
});
