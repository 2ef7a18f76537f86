import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';

import { cliProgram } from './built-cli.ts';
import { terminalScript } from './terminal.ts';

const python = '/usr/bin/python3';

/** Why no terminal can be had here; false if one can. */
export const noPython = existsSync(python) ? false : `no ${python}`;

/**
 * What Python prints that drives runx on a terminal: after terminalScript, with `runx` for
 * the words of its command line.
 */
export const driveTerminal = async (configFile: string, script: string): Promise<string> => {
  const words = [process.execPath, cliProgram, '--config', configFile];
  const program = `${terminalScript}\nrunx = json.loads(sys.argv[1])\n${script}`;
  const { stdout } = await promisify(execFile)(python, ['-c', program, JSON.stringify(words)], {
    timeout: 120_000,
  });
  return stdout;
};
