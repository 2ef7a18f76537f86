import { appendFileSync } from 'node:fs';

import { RunxError, messageOf } from './errors.ts';

/** Where one run of runx says what it does. */
export interface Log {
  /** Every external command, with its duration: only with --debug. */
  debug(message: string): void;
  /** Carried on, but somebody should know. */
  warn(message: string): void;
  /** The operation failed; said once, by main. */
  error(message: string): void;
}

export interface LogOptions {
  readonly file?: string | undefined;
  readonly format: 'text' | 'json';
  readonly debug: boolean;
}

type Level = 'debug' | 'warn' | 'error';

/**
 * With a file, entries go there in the form that engines read back; the error
 * goes to standard error as well.  Without one, everything goes to standard error.
 */
export const openLog = async (options: LogOptions): Promise<Log> => {
  const write = options.file === undefined ? undefined : await openFile(options.file, options);
  const say = (level: Level, message: string): void => {
    write?.(level, message);
    if (write === undefined || level === 'error') {
      const prefix = level === 'error' ? '' : `${level}: `;
      process.stderr.write(`runx: ${prefix}${message}\n`);
    }
  };
  return {
    debug: options.debug ? (message) => say('debug', message) : () => {},
    warn: (message) => say('warn', message),
    error: (message) => say('error', message),
  };
};

const openFile = async (
  file: string,
  options: LogOptions,
): Promise<(level: Level, message: string) => void> => {
  try {
    // Made at once, so that an engine finds a log even if there is nothing in it.
    appendFileSync(file, '');
  } catch (error) {
    throw new RunxError(`--log ${file}: ${messageOf(error)}`);
  }
  if (options.format === 'text') {
    return (level, message) => {
      const time = new Date().toISOString();
      appendFileSync(file, `time="${time}" level=${level} msg=${JSON.stringify(message)}\n`);
    };
  }
  const { pino, stdTimeFunctions } = (await import('pino')).default;
  const logger = pino(
    {
      base: null,
      level: 'debug',
      timestamp: stdTimeFunctions.isoTime,
      // containerd decodes the level as a word.
      formatters: { level: (level) => ({ level }) },
    },
    pino.destination({ dest: file, sync: true, append: true }),
  );
  return (level, message) => logger[level](message);
};
