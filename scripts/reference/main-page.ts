import type { Options } from 'yargs';

import type { Command } from '../../src/cli/command.ts';
import { renderOptions } from './command-page.ts';
import { type Page, bold, italic, item, literal, paragraph, prose, sentence } from './roff.ts';

const description = [
  'runx is an OCI container runtime for Xen, for engines such as containerd, podman and docker and for the command line. It runs every container as a Xen domain of its own, with a small Linux kernel, a small ramdisk and the root file system of the container. It runs in Dom0, as root, and uses xl(1).',
  'A container is made from a bundle: a directory with a `config.json`, in the form of the OCI runtime specification, and the root file system that it names. On the host a process of its own, the monitor, stands for it.',
  'Errors are one line on standard error. Standard output holds results only.',
];

const files: readonly (readonly [path: string, meaning: string])[] = [
  ['/etc/runx/runx.toml', 'Configuration; see runx.toml(5).'],
  ['/usr/lib/runx', 'The program, the monitor, the guest kernel and the base ramdisk.'],
  ['/usr/share/doc/runx', 'More documentation: README.md, and examples.'],
  ['/run/runx', 'The state of the containers.'],
  [
    '/var/lib/runx',
    'The networks that containers are in, images of root file systems and writable layers.',
  ],
  [
    '/var/cache/runx',
    'Compiled code, which Node.js 22.1 or newer keeps; it can be removed at any time.',
  ],
];

const example = ['runx check', 'runx spec --bundle hello', 'runx run --bundle hello hello'];

/** The page of runx itself. */
export const renderMainPage = (
  commands: readonly Command[],
  options: Readonly<Record<string, Options>>,
): Page => {
  const names = commands.map(({ command }) => command.split(' ')[0] ?? '');
  return {
    name: 'runx',
    section: 8,
    summary: 'run OCI containers as Xen domains',
    sections: [
      [
        'SYNOPSIS',
        [`${bold('runx')} [${italic('option')} ...] ${italic('command')} [${italic('word')} ...]`],
      ],
      ['DESCRIPTION', description.map(paragraph)],
      [
        'COMMANDS',
        commands.map(({ describe }, index) =>
          item(`${bold(`runx-${names[index]}`)}(8)`, sentence(describe)),
        ),
      ],
      [
        'OPTIONS',
        [
          ...renderOptions(Object.entries(options)),
          item(bold('--help'), 'Say how runx, or the command, is called.'),
          item(
            `${bold('-v')}, ${bold('--version')}`,
            'Print the version of runx, and that of the specification.',
          ),
        ],
      ],
      [
        'EXIT STATUS',
        [
          item(bold('0'), 'It is done.'),
          item(bold('1'), 'An error.'),
          paragraph('runx-run(8) and runx-exec(8) exit with the exit code of the process.'),
        ],
      ],
      ['FILES', files.map(([path, meaning]) => item(bold(path), meaning))],
      [
        'EXAMPLES',
        [
          paragraph('With a root file system in `hello/rootfs`, a shell in a domain:'),
          literal(example),
        ],
      ],
      [
        'SEE ALSO',
        [
          prose(
            [...names.map((name) => `runx-${name}(8)`), 'runx.toml(5), xl(1), diod(8)'].join(', '),
          ),
        ],
      ],
    ],
  };
};
