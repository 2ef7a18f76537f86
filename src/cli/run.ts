import { createOptions } from './bundle-options.ts';
import { defineCommand, openContext } from './command.ts';

export const runCommand = defineCommand({
  command: 'run <id>',
  describe: 'create and start a container, and wait for its end',
  builder: (y) =>
    y
      .positional('id', { type: 'string', demandOption: true, describe: "the container's id" })
      .options(createOptions)
      .option('detach', {
        alias: 'd',
        type: 'boolean',
        default: false,
        describe: 'return once the container runs',
      })
      .option('keep', {
        type: 'boolean',
        default: false,
        describe: 'do not delete the container when it ends',
      })
      .example('runx run --bundle /bundles/hello hello', "exits with the process's own exit code"),
  handler: async (args) => {
    const { runContainer } = await import('../container/run.ts');
    const { id, bundle, pidFile, consoleSocket, detach, keep } = args;
    const options = { id, bundle, pidFile, consoleSocket, detach, keep };
    process.exitCode = await runContainer(await openContext(args), options);
  },
});
