import { chmod, mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

import { createCni } from 'cni-ts-client';
import type { Cni, CniOptions } from 'cni-ts-client';

import { temporaryDirectory } from './temporary-directory.ts';

export interface PluginCall {
  readonly plugin: string;
  readonly command: string;
  readonly env: Readonly<Record<string, string>>;
  readonly stdin: Readonly<Record<string, unknown>>;
}

/** What a plugin does for a command: shell text. */
type Answers = Readonly<Record<string, string>>;

export interface FakePlugins {
  readonly directory: string;
  readonly cacheDir: string;
  readonly cni: (options?: Partial<CniOptions>) => Cni;
  /** Makes a plugin, or gives it other answers; it succeeds in silence without one. */
  readonly define: (plugin: string, answers: Answers) => Promise<void>;
  readonly calls: () => Promise<readonly PluginCall[]>;
  readonly forgetCalls: () => void;
}

/** A shell command that prints the value. */
export const prints = (value: unknown): string => {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return `printf '%s\\n' '${text.replaceAll("'", "'\\''")}'`;
};

const script = (calls: string, answers: string): string => `#!/bin/sh
name=\${0##*/}
call=${calls}/$(date +%s%N)-$$
mkdir "$call"
env >"$call/env"
cat >"$call/stdin"
echo "$name" >"$call/plugin"
answer=${answers}/$name.$CNI_COMMAND
[ ! -e "$answer" ] || . "$answer"
`;

const parseEnv = (text: string): Record<string, string> =>
  Object.fromEntries(
    text
      .trimEnd()
      .split('\n')
      .map((line): [string, string] => {
        const [key = '', ...value] = line.split('=');
        return [key, value.join('=')];
      }),
  );

const readCall = async (directory: string): Promise<PluginCall> => {
  const [plugin, env, stdin] = await Promise.all(
    ['plugin', 'env', 'stdin'].map((file) => readFile(join(directory, file), 'utf8')),
  );
  const variables = parseEnv(env ?? '');
  return {
    plugin: (plugin ?? '').trim(),
    command: variables['CNI_COMMAND'] ?? '',
    env: variables,
    stdin: JSON.parse(stdin ?? ''),
  };
};

/** A directory of plugins that note how they are called and answer as the test says. */
export const makeFakePlugins = async (t: TestContext): Promise<FakePlugins> => {
  const top = await temporaryDirectory(t);
  const directory = join(top, 'bin');
  const calls = join(top, 'calls');
  const answers = join(top, 'answers');
  const cacheDir = join(top, 'cache');
  await Promise.all([directory, calls, answers].map((path) => mkdir(path)));
  let forgotten = new Set<string>();
  const known: string[] = [];
  return {
    directory,
    cacheDir,
    cni: (options) => createCni({ path: [directory], cacheDir, ...options }),
    define: async (plugin, texts) => {
      await Promise.all(
        Object.entries(texts).map(([command, text]) =>
          writeFile(join(answers, `${plugin}.${command}`), `${text}\n`),
        ),
      );
      await writeFile(join(directory, plugin), script(calls, answers));
      await chmod(join(directory, plugin), 0o755);
    },
    calls: async () => {
      const names = (await readdir(calls)).toSorted();
      known.push(...names);
      return Promise.all(
        names.filter((name) => !forgotten.has(name)).map((name) => readCall(join(calls, name))),
      );
    },
    forgetCalls: () => {
      forgotten = new Set(known);
    },
  };
};
