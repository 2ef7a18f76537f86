import { scanCommandLine } from './cli/command-line.ts';
import { print } from './cli/print.ts';
import { RunxError, UsageError, messageOf } from './errors.ts';
import { type Log, type LogOptions, openLog } from './log.ts';
import { renderVersion } from './version.ts';

const logOptionsOf = (argv: readonly string[]): LogOptions => {
  // The options of a line that is being completed are not yet anybody's.
  const { globals } = scanCommandLine(argv[0] === '--complete' ? [] : argv);
  return {
    file: globals.log,
    format: globals['log-format'] === 'json' ? 'json' : 'text',
    debug: globals.debug === 'true',
  };
};

/** A log that cannot be opened must not hide the error itself. */
const openErrorLog = (options: LogOptions): Log => {
  try {
    return openLog(options);
  } catch {
    return openLog({ ...options, file: undefined });
  }
};

const fail = (error: unknown, argv: readonly string[]): void => {
  const log = openErrorLog(logOptionsOf(argv));
  const hint = error instanceof UsageError ? ' (see runx --help)' : '';
  if (!(error instanceof RunxError) && error instanceof Error) {
    for (const line of (error.stack ?? '').split('\n')) log.debug(line);
  }
  log.error(`${messageOf(error)}${hint}`);
};

/** Every path that is not absolute starts here, and the parser looks at it too. */
const requireCurrentDirectory = (): void => {
  try {
    process.cwd();
  } catch {
    throw new RunxError('the current directory no longer exists: change to one that does');
  }
};

const main = async (argv: readonly string[]): Promise<void> => {
  // Engines ask for the version alone, and often: no parser for that.
  if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-v')) {
    return print(`${renderVersion()}\n`);
  }
  try {
    requireCurrentDirectory();
    const { runCommandLine } = await import('./cli/parse.ts');
    await runCommandLine(argv);
  } catch (error) {
    fail(error, argv);
    process.exitCode ??= 1;
  }
};

void main(process.argv.slice(2));
