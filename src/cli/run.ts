import { createOptions } from './bundle-options.ts';
import { defineCommand, openContext } from './command.ts';

export const runCommand = defineCommand({
  command: 'run <id>',
  describe: 'create and start a container, and wait until it ends',
  details: [
    "The signals HUP, INT, QUIT, TERM, USR1, USR2, WINCH and CONT are forwarded to the container's process. If the process has a terminal, it uses the terminal of runx. With `--detach`, the terminal's master is sent to `--console-socket`, or kept for `runx console` with `--keep-output`.",
  ],
  exitCodes: [
    ['0 to 255', 'the exit code of the process; with `--detach`, 0 once it runs'],
    ['128 + N', 'the process was ended by signal N'],
    ['1', 'an error of runx'],
    ['125', 'the init of the domain failed before it could execute the process'],
    ['126, 127', 'the program could not be executed, or was not found'],
    ['137', 'the domain was destroyed, or ended without an exit code of the process'],
  ],
  positionals: { id: { type: 'string', demandOption: true, describe: "the container's id" } },
  options: {
    ...createOptions,
    detach: {
      alias: 'd',
      type: 'boolean',
      default: false,
      describe: 'return once the container runs',
    },
    keep: {
      type: 'boolean',
      default: false,
      describe: 'do not delete the container when it ends',
    },
  },
  examples: [
    [
      'runx run --detach --keep-output --bundle /bundles/web web',
      'then runx logs web prints its output',
    ],
    ['runx run --bundle /bundles/hello hello', 'exit with the exit code of the process'],
  ],
  handler: async (args) => {
    const { runContainer } = await import('../container/run.ts');
    const { id, bundle, pidFile, consoleSocket, keepOutput, detach, keep } = args;
    const options = { id, bundle, pidFile, consoleSocket, keepOutput, detach, keep };
    process.exitCode = await runContainer(await openContext(args), options);
  },
});
