import { appendFileSync } from 'node:fs';

import { RunxError, messageOf } from './errors.ts';

/** Where one run of runx says what it does. */
export interface Log {
  /** Every external command, with its duration: only with --debug. */
  debug(message: string): void;
  /** Carried on, but somebody should know. */
  warn(message: string): void;
  /** The operation failed: said once, by main, or by `run`, whose exit code is the container's. */
  error(message: string): void;
}

export interface LogOptions {
  readonly file?: string | undefined;
  readonly format: 'text' | 'json';
  readonly debug: boolean;
}

type Level = 'debug' | 'warn' | 'error';

const lineBreak = /[\n\r\u0085\u2028\u2029]/;
// What moves a terminal's cursor, or turns the direction in which the text is shown.
const controls = /[\p{Cc}\p{Bidi_Control}]/gu;

/**
 * A text that may come from an image or a program, as one line without control characters: engines
 * and people read one line, and the terminal of an operator obeys control characters.
 */
export const printable = (text: string): string =>
  oneLine(text).replaceAll(
    controls,
    (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

const oneLine = (text: string): string => {
  const [first = '', ...others] = text.split(lineBreak);
  if (others.length === 0) return first;
  const lines = [first.trimEnd(), ...others.map((line) => line.trim())];
  return lines.filter((line) => line !== '').join(' ');
};

/**
 * With a file, entries go there in the form that engines read back, and errors to standard
 * error as well.  Without one, everything goes to standard error.  An entry that cannot be
 * written ends nothing: standard error says why.
 */
export const openLog = ({ file, format, debug }: LogOptions): Log => {
  const write = file === undefined ? undefined : openFile(file, format);
  const complain = (error: unknown): void =>
    void process.stderr.write(
      `runx: warning: --log ${printable(`${file}: ${messageOf(error)}`)}\n`,
    );
  const say = (level: Level, text: string): void => {
    const message = printable(text);
    write?.(level, message).catch(complain);
    if (write === undefined || level === 'error') {
      const prefix = level === 'error' ? '' : `${level}: `;
      process.stderr.write(`runx: ${prefix}${message}\n`);
    }
  };
  return {
    debug: debug ? (message) => say('debug', message) : () => {},
    warn: (message) => say('warn', message),
    error: (message) => say('error', message),
  };
};

let phaseBegan = 0;

/**
 * Ends a phase of the command that this process runs: with --debug, an entry has its duration.  The
 * first phase begins with the process, every other one where the one before it ended, so that the
 * durations add up to the whole.
 */
export const endPhase = (log: Log, name: string): void => {
  // performance would load node:perf_hooks.
  const now = process.uptime() * 1000;
  const took = (now - phaseBegan).toFixed(1);
  log.debug(`phase ${name}: ${took} ms, ${now.toFixed(1)} ms since the start of runx`);
  phaseBegan = now;
};

type Write = (level: Level, message: string) => Promise<void>;

const openFile = (file: string, format: LogOptions['format']): Write => {
  try {
    // Made at once, so that an engine finds a log even if there is nothing in it.
    appendFileSync(file, '');
  } catch (error) {
    throw new RunxError(`--log ${file}: ${messageOf(error)}`);
  }
  return format === 'json' ? writeJson(file) : writeText(file);
};

/** Lines as logrus writes its text, which is runc's: pino has no such form. */
const writeText =
  (file: string): Write =>
  async (level, message) => {
    const time = new Date().toISOString();
    appendFileSync(file, `time="${time}" level=${level} msg=${JSON.stringify(message)}\n`);
  };

/** Entries by pino, which costs 8 ms of CPU time: loaded for the first of them, and few calls have one. */
const writeJson = (file: string): Write => {
  let logger: ReturnType<typeof makePino> | undefined;
  return async (level, message) => {
    logger ??= makePino(file);
    (await logger)[level](message);
  };
};

const makePino = async (file: string) => {
  const { pino, stdTimeFunctions } = (await import('pino')).default;
  return pino(
    {
      base: null,
      level: 'debug',
      timestamp: stdTimeFunctions.isoTime,
      // containerd decodes the level as a word.
      formatters: { level: (level) => ({ level }) },
    },
    pino.destination({ dest: file, sync: true, append: true }),
  );
};
