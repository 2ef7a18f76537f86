import assert from 'node:assert/strict';
import { test } from 'node:test';

import { RunxError } from '../../../src/errors.ts';
import { isOwnGuest, planOwnBoot, renderOwnArguments } from '../../../src/domain/boot.ts';
import { processWith } from '../../support/spec.ts';

const kernel = { source: 'RUNX_KERNEL in process.env', path: '/boot/kernel' };
const ramdisk = { source: 'RUNX_RAMDISK in process.env', path: 'boot/ramdisk' };

interface Case {
  readonly what: string;
  readonly env: readonly string[];
  readonly wishes?: { readonly kernel?: string; readonly ramdisk?: string };
  readonly own: ReturnType<typeof planOwnBoot>;
  /** Whether runx's init is not in it. */
  readonly isOwn: boolean;
}

const cases: readonly Case[] = [
  {
    what: 'names that only resemble those are none',
    env: ['MY_RUNX_KERNEL=x', 'RUNX_KERNELS=y', 'A=RUNX_KERNEL=z'],
    own: { kernel: undefined, ramdisk: undefined },
    isOwn: false,
  },
  {
    what: "a kernel boots with runx's ramdisk",
    env: ['A=b', 'RUNX_KERNEL=/boot/kernel'],
    own: { kernel, ramdisk: undefined },
    isOwn: false,
  },
  {
    what: "a ramdisk boots with runx's kernel",
    env: ['RUNX_RAMDISK=boot/ramdisk'],
    own: { kernel: undefined, ramdisk },
    isOwn: true,
  },
  {
    what: 'both',
    env: ['RUNX_RAMDISK=boot/ramdisk', 'RUNX_KERNEL=/boot/kernel'],
    own: { kernel, ramdisk },
    isOwn: true,
  },
  {
    what: 'an empty ramdisk is a kernel alone',
    env: ['RUNX_RAMDISK=', 'RUNX_KERNEL=/boot/kernel'],
    own: { kernel, ramdisk: 'none' },
    isOwn: true,
  },
  {
    what: 'the last of several counts, and all behind the first "="',
    env: ['RUNX_KERNEL=/boot/old', 'RUNX_KERNEL=/a=b'],
    own: { kernel: { ...kernel, path: '/a=b' }, ramdisk: undefined },
    isOwn: false,
  },
  {
    what: 'annotations go before the environment, each for itself',
    env: ['RUNX_KERNEL=/boot/kernel', 'RUNX_RAMDISK=boot/ramdisk'],
    wishes: { kernel: '/k' },
    own: { kernel: { source: 'annotation io.runx.kernel', path: '/k' }, ramdisk },
    isOwn: true,
  },
  {
    what: 'an annotation can take the ramdisk away',
    env: ['RUNX_KERNEL=/boot/kernel', 'RUNX_RAMDISK=boot/ramdisk'],
    wishes: { ramdisk: '' },
    own: { kernel, ramdisk: 'none' },
    isOwn: true,
  },
];
for (const { what, env, wishes = {}, own, isOwn } of cases) {
  test(what, () => {
    const found = planOwnBoot(processWith({ env }), wishes, true);
    assert.deepEqual(found, own);
    assert.equal(isOwnGuest(found), isOwn);
  });
}

const refused: readonly [env: readonly string[], allowed: boolean, sentence: string][] = [
  [
    ['RUNX_KERNEL=/k'],
    false,
    'RUNX_KERNEL in process.env is not allowed: "own_kernel" in runx.toml is false',
  ],
  [
    ['RUNX_RAMDISK=/r'],
    false,
    'RUNX_RAMDISK in process.env is not allowed: "own_kernel" in runx.toml is false',
  ],
  [['RUNX_KERNEL='], true, 'RUNX_KERNEL in process.env must name a file of the rootfs'],
  [
    ['RUNX_RAMDISK='],
    true,
    'RUNX_RAMDISK in process.env is empty, for a kernel that boots without: RUNX_KERNEL must name that',
  ],
];
for (const [env, allowed, sentence] of refused) {
  test(`${env.join(' ')} with own_kernel = ${allowed} is refused`, () => {
    assert.throws(() => planOwnBoot(processWith({ env }), {}, allowed), new RunxError(sentence));
  });
}

test('own_kernel = false is nothing to a container that brings none', () => {
  const none = { kernel: undefined, ramdisk: undefined };
  assert.deepEqual(planOwnBoot(processWith({}), {}, false), none);
});

test("the process's arguments are the kernel's, with spaces between them", () => {
  const args = ['console=hvc0', 'a="b c"', '', '--', '/bin/sh -c'];
  assert.equal(renderOwnArguments(processWith({ args })), 'console=hvc0 a="b c"  -- /bin/sh -c');
});

for (const [what, args] of [
  ['a line end', ['a\nb']],
  ['what is not ASCII', ['é']],
  ['more than a kernel takes', ['a'.repeat(450), 'b'.repeat(450)]],
] as const) {
  test(`arguments with ${what} are refused`, () => {
    assert.throws(
      () => renderOwnArguments(processWith({ args })),
      new RunxError(
        "config.json: process.args: with a ramdisk of the container's own they are the arguments of the kernel, at most 900 characters of ASCII; io.runx.kernel_arguments goes before them",
      ),
    );
  });
}
