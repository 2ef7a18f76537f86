import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';

import type { RuntimeConf } from './attachment.ts';
import { isObject } from './document.ts';
import type { JsonObject } from './document.ts';
import { PluginNotFoundError } from './errors.ts';
import { parseJson } from './json.ts';
import { PluginError } from './plugin-error.ts';
import type { Command, PluginErrorFacts } from './plugin-error.ts';
import { runProcess } from './plugin-process.ts';
import type { ProcessOutcome } from './plugin-process.ts';
import { errorCodeOf } from './system-error.ts';

/** The settings for finding and running plugins. */
export interface Invocation {
  readonly path: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly maximumOutputBytes: number;
  readonly signal: AbortSignal | undefined;
}

/** The CNI_* variables of one call, without CNI_COMMAND and CNI_PATH. */
type Parameters = Pick<RuntimeConf, 'netNS' | 'args'> & {
  readonly containerID?: string;
  readonly ifName?: string;
};

const isRegularFile = async (file: string): Promise<boolean> => {
  try {
    return (await stat(file)).isFile();
  } catch {
    return false;
  }
};

// Finds the first file with the name of the plugin in the directories of `path`.
const findPlugin = async (plugin: string, path: readonly string[]): Promise<string> => {
  if (!/[/\\\0]/.test(plugin)) {
    for (const directory of path) {
      const file = resolve(directory, plugin);
      if (await isRegularFile(file)) return file;
    }
  }
  throw new PluginNotFoundError(plugin, path);
};

const environment = (
  { env, path }: Invocation,
  command: Command,
  parameters: Parameters,
): Record<string, string> => ({
  ...env,
  CNI_COMMAND: command,
  CNI_CONTAINERID: parameters.containerID ?? '',
  CNI_NETNS: parameters.netNS ?? '',
  CNI_IFNAME: parameters.ifName ?? '',
  CNI_ARGS: (parameters.args ?? []).map(([key, value]) => `${key}=${value}`).join(';'),
  CNI_PATH: path.join(':'),
});

// Parses an error object (specification, section 5), whose code may be missing.
const errorObject = (stdout: string): Pick<PluginErrorFacts, 'code' | 'msg' | 'details'> | null => {
  const value = parseJson(stdout);
  if (!isObject(value)) return null;
  const { code, msg, details } = value;
  if (typeof msg !== 'string' && typeof code !== 'number') return null;
  return {
    ...(typeof code === 'number' ? { code } : {}),
    msg: typeof msg === 'string' && msg !== '' ? msg : `error code ${String(code)}`,
    ...(typeof details === 'string' && details !== '' ? { details } : {}),
  };
};

const killedSentences = {
  timeout: ({ timeoutMs }: Invocation) => `no answer within ${timeoutMs / 1000} s`,
  aborted: () => 'aborted',
  output: ({ maximumOutputBytes }: Invocation) => `more than ${maximumOutputBytes} bytes of output`,
} as const;

const failureOf = (
  plugin: string,
  command: Command,
  outcome: ProcessOutcome,
  invocation: Invocation,
): PluginError => {
  const { stdout, stderr, exitCode, signal, killed } = outcome;
  const known = {
    plugin,
    command,
    stderr,
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(signal === undefined ? {} : { signal }),
  };
  if (killed !== undefined) {
    const msg = killedSentences[killed](invocation);
    const options = killed === 'aborted' ? { cause: invocation.signal?.reason } : undefined;
    return new PluginError({ ...known, reason: killed, msg }, options);
  }
  const object = errorObject(stdout);
  if (object !== null) return new PluginError({ ...known, reason: 'error', ...object });
  const how = signal === undefined ? `exit code ${exitCode}` : `killed by ${signal}`;
  const said = [stdout, stderr].map((text) => text.trim()).find((text) => text !== '');
  const msg = said === undefined ? how : `${how}: ${said}`;
  return new PluginError({ ...known, reason: 'exit', msg });
};

/** The output of a plugin that succeeded. */
export interface PluginOutput {
  readonly stdout: string;
  readonly stderr: string;
}

/** One call of a plugin. */
export interface Call {
  readonly plugin: string;
  readonly command: Command;
  /** Missing if the command does not concern one attachment. */
  readonly parameters?: Parameters;
  /** The input of the plugin. */
  readonly configuration: JsonObject;
}

/** Calls a plugin; throws PluginNotFoundError or PluginError. */
export const invokePlugin = async (
  invocation: Invocation,
  { plugin, command, parameters = {}, configuration }: Call,
): Promise<PluginOutput> => {
  const { signal } = invocation;
  if (signal?.aborted) {
    const facts = { plugin, command, reason: 'aborted', msg: 'aborted' } as const;
    throw new PluginError(facts, { cause: signal.reason });
  }
  const file = await findPlugin(plugin, invocation.path);
  let outcome: ProcessOutcome;
  try {
    outcome = await runProcess(file, {
      ...invocation,
      env: environment(invocation, command, parameters),
      stdin: JSON.stringify(configuration),
    });
  } catch (error) {
    const msg = `${file} cannot be started (${errorCodeOf(error) ?? String(error)})`;
    throw new PluginError({ plugin, command, reason: 'start', msg }, { cause: error });
  }
  if (outcome.exitCode !== 0 || outcome.killed !== undefined) {
    throw failureOf(plugin, command, outcome, invocation);
  }
  return outcome;
};
