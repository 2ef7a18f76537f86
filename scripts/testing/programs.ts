import { type Options, execa } from 'execa';

const running = new Set<number>();

/** Runs a program in a process group of its own, which `endPrograms` ends as a whole. */
const start = async <T extends Options>(command: readonly string[], options: T) => {
  const [file = '', ...args] = command;
  const program = execa(file, args, { stdin: 'ignore', reject: false, ...options, detached: true });
  const { pid } = program;
  if (pid !== undefined) running.add(pid);
  try {
    return await program;
  } finally {
    if (pid !== undefined) running.delete(pid);
  }
};

/** Ends every program, with all that it has started. */
export const endPrograms = (): void => {
  for (const pid of running) {
    try {
      process.kill(-pid, 'SIGTERM');
    } catch {
      // It has ended.
    }
  }
};

type Env = Readonly<Record<string, string>>;

/** Runs a program that says what it says to whoever runs the tests; its exit code. */
export const show = async (
  command: readonly string[],
  env: Env = {},
): Promise<number | undefined> =>
  (await start(command, { env, stdout: 'inherit', stderr: 'inherit' })).exitCode;

export interface Said {
  readonly output: string;
  readonly exitCode: number | undefined;
}

/** Runs a program; both its streams, in their order. */
export const capture = async (command: readonly string[], env: Env = {}): Promise<Said> => {
  const { all, exitCode, shortMessage, failed } = await start(command, { env, all: true });
  return { output: exitCode === undefined && failed ? `${all}\n${shortMessage}` : all, exitCode };
};

/** What a program prints, without its last end of line; it must not fail. */
export const printed = async (command: readonly string[], env: Env = {}): Promise<string> => {
  const { stdout, exitCode } = await start(command, { env, stderr: 'inherit' });
  if (exitCode !== 0) throw new Error(`'${command.join(' ')}' failed`);
  return stdout;
};

/** Installs the Debian packages that are missing. */
export const needPackages = async (...packages: readonly string[]): Promise<void> => {
  await printed(['bash', '-c', '. scripts/setup.sh; need_packages "$@"', 'bash', ...packages]);
};
