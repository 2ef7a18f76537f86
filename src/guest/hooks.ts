import { argumentsOf } from '../oci/hooks.ts';
import type { Hook } from '../oci/spec.ts';
import { type RecordEntry, optionalEntry } from '../protocol/entry.ts';

const hookEntries = (hook: Hook): readonly RecordEntry[] => [
  ['hook', hook.path],
  ...argumentsOf(hook).map((arg): RecordEntry => ['hook-arg', arg]),
  ...hook.env.map((variable): RecordEntry => ['hook-env', variable]),
  ...optionalEntry('hook-timeout', hook.timeout),
];

/** The startContainer hooks, with the state that each reads. */
export const startHookEntries = (hooks: readonly Hook[], state: string): readonly RecordEntry[] =>
  hooks.length === 0 ? [] : [['hook-state', state], ...hooks.flatMap(hookEntries)];
