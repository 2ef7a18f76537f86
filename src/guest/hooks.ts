import { argumentsOf } from '../oci/hooks.ts';
import type { Hook } from '../oci/spec.ts';

type HookRecord = readonly [key: string, value: string | number];

const hookRecords = (hook: Hook): HookRecord[] => [
  ['hook', hook.path],
  ...argumentsOf(hook).map((arg): HookRecord => ['hook-arg', arg]),
  ...hook.env.map((variable): HookRecord => ['hook-env', variable]),
  ...(hook.timeout === null || hook.timeout === undefined
    ? []
    : [['hook-timeout', hook.timeout] satisfies HookRecord]),
];

/** The startContainer hooks as records of initrd/process, with the state that each reads. */
export const renderHooks = (hooks: readonly Hook[], state: string): Buffer => {
  if (hooks.length === 0) return Buffer.alloc(0);
  const records: HookRecord[] = [['hook-state', state], ...hooks.flatMap(hookRecords)];
  return Buffer.from(records.map(([key, value]) => `${key} ${value}\0`).join(''));
};
