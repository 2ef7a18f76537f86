import type { Hook, Hooks } from './spec.ts';

/** The kinds of hooks in the order of calls (runtime-spec, config.md, "POSIX-platform Hooks"). */
export const hookNames = [
  'prestart',
  'createRuntime',
  'createContainer',
  'startContainer',
  'poststart',
  'poststop',
] as const satisfies readonly (keyof Hooks)[];

export type HookName = (typeof hookNames)[number];

/** The kinds of hooks that `create` runs, in order. */
export const createHookNames = ['prestart', 'createRuntime', 'createContainer'] as const;

/** The argument vector of a hook; without `args` it is the path alone. */
export const argumentsOf = (hook: Hook): readonly [name: string, ...rest: string[]] => {
  const [name = hook.path, ...rest] = hook.args;
  return [name, ...rest];
};

/** The environment of a hook on the host, which is empty unless config.json has one. */
export const environmentOf = (hook: Hook): Readonly<Record<string, string>> =>
  Object.fromEntries(
    (hook.env ?? []).map((variable) => {
      const end = variable.indexOf('=');
      return [variable.slice(0, end), variable.slice(end + 1)];
    }),
  );
