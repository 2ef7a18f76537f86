import { openLog } from '../log.ts';
import { defineCommand } from './command.ts';
import { print } from './print.ts';

export const checkCommand = defineCommand({
  command: 'check',
  describe: 'tell whether this host can run containers, and what is missing',
  details: [
    'The check changes nothing. It prints one line for each point: what was found and, unless the point is ok, what to do about it. After an error, no container can run; after a warning, some containers cannot run.',
  ],
  exitCodes: [
    ['0', 'containers can run'],
    ['1', 'no container can run'],
  ],
  options: { json: { type: 'boolean', default: false, describe: 'print JSON' } },
  examples: [['runx check && echo ready', 'print "ready" if containers can run']],
  handler: async (args) => {
    const { checkHost } = await import('../check/check.ts');
    const { verdictOf } = await import('../check/point.ts');
    const { renderJson, renderReport } = await import('../check/report.ts');
    const log = openLog({ file: args.log, format: args.logFormat, debug: args.debug });
    const points = await checkHost({ configFile: args.config, root: args.root, log });
    // hasColors() respects NO_COLOR and TERM.
    const colourful = process.stdout.isTTY && process.stdout.hasColors();
    await print(args.json ? renderJson(points) : renderReport(points, colourful));
    if (verdictOf(points) === 'error') process.exitCode = 1;
  },
});
