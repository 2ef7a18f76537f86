import { CniError } from './errors.ts';

/** CNI_COMMAND: the operation of a plugin. */
export type Command = 'ADD' | 'CHECK' | 'DEL' | 'GC' | 'STATUS' | 'VERSION';

/**
 * Why a call of a plugin failed:
 *
 * - `error`: the plugin printed an error object
 * - `exit`: the plugin failed without an error object
 * - `output`: the output is too large or violates the specification
 * - `timeout`: the plugin took too long
 * - `aborted`: the caller aborted the call
 * - `start`: the plugin could not be started
 */
export type PluginFailure = 'error' | 'exit' | 'output' | 'timeout' | 'aborted' | 'start';

export interface PluginErrorFacts {
  readonly plugin: string;
  readonly command: Command;
  readonly reason: PluginFailure;
  /** The error code of the plugin (specification, section 5); only if the reason is `error`. */
  readonly code?: number;
  /** The short message of the plugin, or of this package if there is no error object. */
  readonly msg: string;
  readonly details?: string;
  /** The standard error of the plugin; only the end if it was long. */
  readonly stderr?: string;
  readonly exitCode?: number;
  readonly signal?: string;
}

const maximumLine = 2000;

// Makes one line of a plugin's text, which can contain any characters.
const oneLine = (text: string): string => {
  const line = text.replaceAll(/[\s\p{Cc}]+/gu, ' ').trim();
  return line.length > maximumLine ? `${line.slice(0, maximumLine)}...` : line;
};

/** A plugin was called and failed. */
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
