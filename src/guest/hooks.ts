import { argumentsOf } from '../oci/hooks.ts';
import type { Hook } from '../oci/spec.ts';
import { type RecordEntry, optionalEntry } from '../protocol/entry.ts';

const hookEntries = (hook: Hook, own: readonly string[]): readonly RecordEntry[] => [
  ['hook', hook.path],
  ...argumentsOf(hook).map((arg): RecordEntry => ['hook-arg', arg]),
  ...(hook.env ?? own).map((variable): RecordEntry => ['hook-env', variable]),
  ...optionalEntry('hook-timeout', hook.timeout),
];

/**
 * The startContainer hooks, with the state that each reads.  `env` is the environment of the
 * process, which a hook has that has none of its own.
 */
export const startHookEntries = (
  hooks: readonly Hook[],
  state: string,
  env: readonly string[],
): readonly RecordEntry[] =>
  hooks.length === 0
    ? []
    : [['hook-state', state], ...hooks.flatMap((hook) => hookEntries(hook, env))];
