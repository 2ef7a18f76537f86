import { needPackages, printed } from './programs.ts';
import type { Results } from './results.ts';
import { type Step, runSteps } from './steps.ts';

// These flatten lists of options into one line on purpose.
const listsOfOptions = ['kernel/build', 'initrd/build'];
const flattening = 'SC2012,SC2086,SC2128,SC2178';

const linesOf = async (command: readonly string[]): Promise<readonly string[]> =>
  (await printed(command)).split('\n');

const typescript = (file: string): readonly string[] => [process.execPath, '--import', 'tsx', file];

const bin = (name: string): string => `node_modules/.bin/${name}`;

export const lint = async (): Promise<Results> => {
  await needPackages('shellcheck', 'clang-format', 'mandoc');
  const sources = await linesOf(['git', 'ls-files', '*.[ch]']);
  const scripts = await linesOf(['git', 'grep', '-lE', '^(#!.*sh$|# shellcheck shell=)']);
  const plain = scripts.filter((file) => !listsOfOptions.includes(file));
  const pages = 'build/man';
  const steps: readonly Step[] = [
    { name: 'types', commands: [[bin('tsc'), '-p', '.']] },
    { name: 'oxlint', commands: [[bin('oxlint'), '--type-aware']] },
    { name: 'oxfmt', commands: [[bin('oxfmt'), '--check', '.']] },
    { name: 'knip', commands: [[bin('knip')]] },
    { name: 'imports', commands: [typescript('scripts/lint/imports.ts')] },
    { name: 'c-code', commands: [typescript('scripts/lint/c.ts')] },
    { name: 'clang-format', commands: [['clang-format', '--dry-run', '-Werror', ...sources]] },
    {
      name: 'man-pages',
      commands: [
        ['rm', '-rf', pages],
        [...typescript('scripts/reference.ts'), 'man', pages],
        ['find', pages, '-type', 'f', '-exec', 'mandoc', '-T', 'lint', '-W', 'warning', '{}', '+'],
      ],
    },
    { name: 'shellcheck', commands: [['shellcheck', '-x', ...plain]] },
    {
      name: 'shellcheck-builds',
      commands: [['shellcheck', '-x', '-e', flattening, ...listsOfOptions]],
    },
  ];
  return runSteps(steps);
};
