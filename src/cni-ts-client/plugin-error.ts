import { CniError } from './errors.ts';

/** CNI_COMMAND: what a plugin is asked to do. */
export type Command = 'ADD' | 'CHECK' | 'DEL' | 'GC' | 'STATUS' | 'VERSION';

/**
 * Why a call of a plugin failed: it said so in an error object (`error`), it ended
 * badly without one (`exit`), what it printed is not what the specification asks for
 * (`output`), it took too long (`timeout`), the caller gave up (`aborted`), or it
 * could not be started (`start`).
 */
export type PluginFailure = 'error' | 'exit' | 'output' | 'timeout' | 'aborted' | 'start';

export interface PluginErrorFacts {
  readonly plugin: string;
  readonly command: Command;
  readonly reason: PluginFailure;
  /** The plugin's error code (specification, section 5); only where the reason is `error`. */
  readonly code?: number;
  /** The plugin's own short message, or what is to be said in its place. */
  readonly msg: string;
  readonly details?: string;
  /** What the plugin wrote to its standard error: the last of it, where it was much. */
  readonly stderr?: string;
  readonly exitCode?: number;
  readonly signal?: string;
}

const maximumLine = 2000;

// A plugin's words may hold anything: one line is made of them.
const oneLine = (text: string): string => {
  const line = text.replaceAll(/[\s\p{Cc}]+/gu, ' ').trim();
  return line.length > maximumLine ? `${line.slice(0, maximumLine)}...` : line;
};

/** A plugin was called and did not do its work. */
export class PluginError extends CniError {
  readonly plugin: string;
  readonly command: Command;
  readonly reason: PluginFailure;
  readonly code: number | undefined;
  readonly msg: string;
  readonly details: string | undefined;
  readonly stderr: string;
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;

  constructor(facts: PluginErrorFacts, options?: ErrorOptions) {
    const { plugin, command, msg, details } = facts;
    const said = [msg, details ?? ''].map(oneLine).filter((text) => text !== '');
    super(`plugin ${plugin} failed (${command}): ${said.join(': ')}`, options);
    this.plugin = plugin;
    this.command = command;
    this.reason = facts.reason;
    this.code = facts.code;
    this.msg = msg;
    this.details = details;
    this.stderr = facts.stderr ?? '';
    this.exitCode = facts.exitCode;
    this.signal = facts.signal;
  }
}
