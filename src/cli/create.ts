import { createOptions } from './bundle-options.ts';
import { defineCommand, openContext } from './command.ts';

export const createCommand = defineCommand({
  command: 'create <id>',
  describe: 'create a container from a bundle',
  details: [
    'A bundle is a directory with a `config.json` (see the OCI runtime specification) and the root file system that it names. The container gets its own domain, which boots at once and waits for `runx start` before it executes the process; a domain that boots a ramdisk of the container, or none, stays paused until then. If `config.json` has a setting that runx does not support, the command fails and names it. A create that fails leaves nothing behind.',
    "Standard input, output and error become those of the container's process. If the process has a terminal, the terminal's master is sent to `--console-socket`. With `--keep-output`, the monitor keeps the last 2 MiB of output in the state directory, for `runx logs`, and the terminal for `runx console`.",
    "The pid of the container is that of its monitor, the process that stands for the container on the host. The monitor forwards signals to the container's process and exits with its exit code.",
  ],
  positionals: { id: { type: 'string', demandOption: true, describe: "the container's id" } },
  options: { ...createOptions },
  examples: [['runx create --bundle /bundles/web web', 'create web; start it with runx start web']],
  handler: async (args) => {
    const { createContainer } = await import('../container/create.ts');
    const { id, bundle, pidFile, consoleSocket, keepOutput } = args;
    const options = { id, bundle, pidFile, consoleSocket, keepOutput, foreground: false };
    const monitor = await createContainer(await openContext(args), options);
    monitor.release();
  },
});
