import { promises as fs } from 'node:fs';

import type { Context } from '../context.ts';
import { RunxError, sentences } from '../errors.ts';
import { type RunxMonitor, inNetworkOf, openRunxMonitor } from '../host/runx-monitor.ts';
import type { Log } from '../log.ts';
import { type HookName, argumentsOf, createHookNames, environmentOf } from '../oci/hooks.ts';
import type { Hook, Hooks } from '../oci/spec.ts';
import type { Status } from '../oci/state.ts';
import { type GroupResult, hookWithoutTimeout, runInGroup } from '../process.ts';
import { setMark } from './marks.ts';
import type { ContainerRecord } from './record.ts';
import { renderHookState } from './state.ts';

/** Describes in runc's words how a hook failed; undefined if the hook succeeded. */
export const describeFailure = (hook: Hook, result: GroupResult): string | undefined => {
  const { exitCode, signal, timedOut, refusal } = result;
  if (exitCode === 0) return undefined;
  if (refusal !== undefined) return `fork/exec ${hook.path}: ${refusal}`;
  if (timedOut) return `hook ran past specified timeout of ${hook.timeout?.toFixed(1)}s`;
  const how = exitCode === undefined ? `signal: ${signal}` : `exit status ${exitCode}`;
  return `${how}, stdout: ${result.stdout.trim()}, stderr: ${result.stderr.trim()}`;
};

interface HookRun {
  readonly record: ContainerRecord;
  readonly status: Status;
  readonly log: Log;
  /** The program that enters the container's network namespace; undefined to stay in the host's. */
  readonly inside?: RunxMonitor | undefined;
}

// The bundle, as with runc; or / if the bundle was removed after the container was deleted.
const workingDirectory = (bundle: string): Promise<string> =>
  fs.access(bundle).then(
    () => bundle,
    () => '/',
  );

/** Runs one hook on the host; returns how the hook failed, or undefined if it succeeded. */
const runHook = async (hook: Hook, run: HookRun): Promise<string | undefined> => {
  const { record, status, log, inside } = run;
  const pid = status === 'stopped' ? 0 : record.monitor.pid;
  const [argv0, ...args] = argumentsOf(hook);
  const options = {
    log,
    env: environmentOf(hook),
    cwd: await workingDirectory(record.bundle),
    input: renderHookState(record, status, pid),
    timeoutMs:
      hook.timeout === null || hook.timeout === undefined
        ? hookWithoutTimeout
        : hook.timeout * 1000,
  };
  const own = { file: hook.path, argv0, args };
  const execution = inside === undefined ? own : inNetworkOf(inside, pid, own);
  const result = await runInGroup(execution.file, execution.args, {
    ...options,
    argv0: execution.argv0,
  });
  return describeFailure(hook, result);
};

/** Runs the hooks of one kind in order; throws RunxError at the first failure. */
const runHooks = async (name: HookName, hooks: Hooks, run: HookRun): Promise<void> => {
  for (const [index, hook] of hooks[name].entries()) {
    const failure = await runHook(hook, run);
    if (failure !== undefined) throw new RunxError(sentences.hookFailed(name, index, failure));
  }
};

/** Whether there are hooks that `create` runs. */
export const hasCreateHooks = (hooks: Hooks): boolean =>
  createHookNames.some((name) => hooks[name].length > 0);

/** Runs the hooks of `create`, between the start of the monitor and the creation of the domain. */
export const runCreateHooks = async (
  context: Context,
  hooks: Hooks,
  record: ContainerRecord,
): Promise<void> => {
  if (!hasCreateHooks(hooks)) return;
  const { log, root } = context;
  await setMark(root, record.id, 'hooked');
  const run = { record, status: 'creating', log } as const;
  await runHooks('prestart', hooks, run);
  await runHooks('createRuntime', hooks, run);
  await runHooks('createContainer', hooks, { ...run, inside: openRunxMonitor(context) });
};

export const runPoststartHooks = (
  { log }: Context,
  hooks: Hooks,
  record: ContainerRecord,
): Promise<void> => runHooks('poststart', hooks, { record, status: 'running', log });

/** Runs all poststop hooks; a failure is only a warning (runtime-spec, runtime.md, "Lifecycle"). */
export const runPoststopHooks = async (
  { log }: Context,
  hooks: Hooks,
  record: ContainerRecord,
): Promise<void> => {
  for (const [index, hook] of hooks.poststop.entries()) {
    const failure = await runHook(hook, { record, status: 'stopped', log });
    if (failure !== undefined) log.warn(sentences.hookFailed('poststop', index, failure));
  }
};
