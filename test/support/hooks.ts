import { readFileSync } from 'node:fs';

import type { FakeDom0 } from './fake-dom0.ts';

type Hook = Readonly<Record<string, unknown>>;

/** A hook that notes its name, keeps the state that it was given, and runs a script. */
export const makeHook = (dom0: FakeDom0, name: string, script = ''): Hook => ({
  path: '/bin/sh',
  args: [
    'sh',
    '-c',
    `echo ${name} >> '${dom0.path('hooks')}'; cat > '${dom0.path(`state-${name}`)}'; ${script}`,
  ],
});

/** One such hook of each kind that runs on the host, named like its kind. */
export const makeHooks = (dom0: FakeDom0): Readonly<Record<string, readonly Hook[]>> =>
  Object.fromEntries(
    ['poststop', 'poststart', 'createContainer', 'createRuntime', 'prestart'].map((name) => [
      name,
      [makeHook(dom0, name)],
    ]),
  );

/** The names of the hooks that have run, in order. */
export const hooksRun = (dom0: FakeDom0): readonly string[] => dom0.lines('hooks');

/** The state that a hook was given. */
export const stateGiven = (dom0: FakeDom0, name: string): unknown =>
  JSON.parse(readFileSync(dom0.path(`state-${name}`), 'utf8'));
