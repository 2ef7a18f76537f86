import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';

import { RunxError } from '../../../src/errors.ts';
import { checkCommand } from '../../../src/rootfs/command.ts';
import { makeFileTree } from '../../support/file-tree.ts';
import { processWith } from '../../support/spec.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

interface Checked {
  readonly cwd?: string;
  readonly env?: readonly string[];
  readonly mounts?: readonly string[];
}

const checker = async (t: TestContext) => {
  const host = await temporaryDirectory(t);
  await makeFileTree(host, {
    executables: ['escaped', 'rootfs/bin/sh', 'rootfs/srv/tool'],
    files: ['rootfs/etc/text', 'rootfs/usr/bin/', 'rootfs/sbin/plain'],
    links: {
      'rootfs/usr/bin/shell': '/bin/sh',
      'rootfs/usr/bin/out': '../../../escaped',
      'rootfs/usr/bin/dangling': '/nowhere',
    },
  });
  return (name: string, { cwd = '/', env = [], mounts = [] }: Checked = {}): Promise<void> =>
    checkCommand(join(host, 'rootfs'), processWith({ args: [name], cwd, env }), mounts);
};

const accepted: readonly [what: string, name: string, checked?: Checked][] = [
  ['an absolute path', '/bin/sh'],
  ['a path relative to cwd', './tool', { cwd: '/srv' }],
  ['a path with a directory, relative to cwd', 'bin/sh'],
  ['a name on the default PATH', 'sh'],
  ['a name on the PATH of process.env', 'tool', { env: ['PATH=/nowhere:/srv'] }],
  ['a name in cwd, when PATH has an empty entry', 'tool', { cwd: '/srv', env: ['PATH='] }],
  ["a link inside the container's root", 'shell'],
  ['a program below a mount', '/data/tool', { mounts: ['/data'] }],
  ['a program that is a mount', '/data', { mounts: ['/data'] }],
  [
    'a program below a mount whose destination ends in a slash',
    '/data/tool',
    { mounts: ['/data/'] },
  ],
  [
    'a name that only a mount on PATH can hold',
    'tool',
    { env: ['PATH=/data/bin'], mounts: ['/data'] },
  ],
];
for (const [what, name, checked] of accepted) {
  test(`${what} is accepted`, async (t) => {
    const check = await checker(t);
    await assert.doesNotReject(check(name, checked));
  });
}

const refused: readonly [what: string, name: string, sentence: string, checked?: Checked][] = [
  ['a name that is nowhere on PATH', 'bash', 'exec: "bash": executable file not found in $PATH'],
  [
    'a name that another PATH would find',
    'tool',
    'exec: "tool": executable file not found in $PATH',
  ],
  ['a name with quotes', 'a"b', String.raw`exec: "a\"b": executable file not found in $PATH`],
  ['an empty name', '', 'exec: "": executable file not found in $PATH'],
  [
    'a name on PATH without execute permission',
    'plain',
    'exec: "plain": executable file not found in $PATH',
  ],
  [
    'a path that is not there',
    '/bin/bash',
    'exec: "/bin/bash": stat /bin/bash: no such file or directory',
  ],
  [
    'a path relative to another cwd',
    './tool',
    'exec: "./tool": stat ./tool: no such file or directory',
  ],
  [
    'a link to nothing',
    '/usr/bin/dangling',
    'exec: "/usr/bin/dangling": stat /usr/bin/dangling: no such file or directory',
  ],
  [
    "a link to the host's file",
    '/usr/bin/out',
    'exec: "/usr/bin/out": stat /usr/bin/out: no such file or directory',
  ],
  ['a file without execute permission', '/etc/text', 'exec: "/etc/text": permission denied'],
  ['a directory', '/bin', 'exec: "/bin": permission denied'],
  [
    'a path beside a mount',
    '/database',
    'exec: "/database": stat /database: no such file or directory',
    { mounts: ['/data'] },
  ],
  [
    'a name that no file can have',
    'x'.repeat(300),
    `exec: "${'x'.repeat(300)}": executable file not found in $PATH`,
  ],
];
for (const [what, name, sentence, checked] of refused) {
  test(`${what} is refused`, async (t) => {
    const check = await checker(t);
    await assert.rejects(check(name, checked), new RunxError(sentence));
  });
}
