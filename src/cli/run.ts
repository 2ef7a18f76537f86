import { createOptions } from './bundle-options.ts';
import { defineCommand, openContext } from './command.ts';

export const runCommand = defineCommand({
  command: 'run <id>',
  describe: 'create and start a container, and wait for its end',
  details: [
    "HUP, INT, QUIT, TERM, USR1, USR2, WINCH and CONT are passed on to the container's process. If it has a terminal, that is the terminal of runx, or, with `--detach`, one whose master goes to the socket of `--console-socket`, or that of `runx console` with `--keep-output`.",
  ],
  exitCodes: [
    ['0 to 255', 'the exit code of the process; with `--detach`, 0 once it runs'],
    ['128 + N', 'the process was ended by signal N'],
    ['1', 'also an error of runx'],
    ['125', 'the domain did not come so far as to execute the process'],
    ['126, 127', 'the program could not be executed, or was not found'],
    ['137', 'the domain was destroyed, or ended without an exit code of the process'],
  ],
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
      .example(
        'runx run --detach --keep-output --bundle /bundles/web web',
        'runx logs web shows its output, runx console web attaches to it',
      )
      .example('runx run --bundle /bundles/hello hello', "exits with the process's own exit code"),
  handler: async (args) => {
    const { runContainer } = await import('../container/run.ts');
    const { id, bundle, pidFile, consoleSocket, keepOutput, detach, keep } = args;
    const options = { id, bundle, pidFile, consoleSocket, keepOutput, detach, keep };
    process.exitCode = await runContainer(await openContext(args), options);
  },
});
