import type { Hook, Hooks } from './spec.ts';

/** The kinds of hooks, in the order in which they run (runtime-spec, config.md, "POSIX-platform Hooks"). */
export const hookNames = [
  'prestart',
  'createRuntime',
  'createContainer',
  'startContainer',
  'poststart',
  'poststop',
] as const satisfies readonly (keyof Hooks)[];

export type HookName = (typeof hookNames)[number];

/** The hooks of `create`, in order. */
export const createHookNames = ['prestart', 'createRuntime', 'createContainer'] as const;

/** The hook's whole argument vector: without `args`, the path is its name. */
export const argumentsOf = (hook: Hook): readonly [name: string, ...rest: string[]] => {
  const [name = hook.path, ...rest] = hook.args;
  return [name, ...rest];
};

/** The hook's whole environment; of a variable that is set twice, the last counts. */
export const environmentOf = (hook: Hook): Readonly<Record<string, string>> =>
  Object.fromEntries(
    hook.env.map((variable) => {
      const end = variable.indexOf('=');
      return [variable.slice(0, end), variable.slice(end + 1)];
    }),
  );
