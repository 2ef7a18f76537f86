import assert from 'node:assert/strict';
import { test } from 'node:test';

import { RunxError } from '../../../src/errors.ts';
import { hasOwnGuest } from '../../../src/domain/boot-kind.ts';
import { planBoot, renderKernelArguments } from '../../../src/domain/boot.ts';
import { processWith } from '../../support/spec.ts';

const kernel = { source: 'RUNX_KERNEL in process.env', path: '/boot/kernel' };
const ramdisk = { source: 'RUNX_RAMDISK in process.env', path: 'boot/ramdisk' };

interface Case {
  readonly what: string;
  readonly env: readonly string[];
  readonly annotations?: { readonly kernel?: string; readonly ramdisk?: string };
  readonly boot: ReturnType<typeof planBoot>;
  /** Whether runx's init does not run in it. */
  readonly isOwn: boolean;
}

const cases: readonly Case[] = [
  {
    what: 'names that only resemble those are none',
    env: ['MY_RUNX_KERNEL=x', 'RUNX_KERNELS=y', 'A=RUNX_KERNEL=z'],
    boot: { kind: 'runx' },
    isOwn: false,
  },
  {
    what: "a kernel boots with runx's ramdisk",
    env: ['A=b', 'RUNX_KERNEL=/boot/kernel'],
    boot: { kind: 'own-kernel', kernel },
    isOwn: false,
  },
  {
    what: "a ramdisk boots with runx's kernel",
    env: ['RUNX_RAMDISK=boot/ramdisk'],
    boot: { kind: 'own-ramdisk', kernel: undefined, ramdisk },
    isOwn: true,
  },
  {
    what: 'both',
    env: ['RUNX_RAMDISK=boot/ramdisk', 'RUNX_KERNEL=/boot/kernel'],
    boot: { kind: 'own-ramdisk', kernel, ramdisk },
    isOwn: true,
  },
  {
    what: 'an empty ramdisk is a kernel alone',
    env: ['RUNX_RAMDISK=', 'RUNX_KERNEL=/boot/kernel'],
    boot: { kind: 'no-ramdisk', kernel },
    isOwn: true,
  },
  {
    what: 'the last of several counts, and all behind the first "="',
    env: ['RUNX_KERNEL=/boot/old', 'RUNX_KERNEL=/a=b'],
    boot: { kind: 'own-kernel', kernel: { ...kernel, path: '/a=b' } },
    isOwn: false,
  },
  {
    what: 'annotations go before the environment, each for itself',
    env: ['RUNX_KERNEL=/boot/kernel', 'RUNX_RAMDISK=boot/ramdisk'],
    annotations: { kernel: '/k' },
    boot: {
      kind: 'own-ramdisk',
      kernel: { source: 'annotation io.runx.kernel', path: '/k' },
      ramdisk,
    },
    isOwn: true,
  },
  {
    what: 'an annotation can take the ramdisk away',
    env: ['RUNX_KERNEL=/boot/kernel', 'RUNX_RAMDISK=boot/ramdisk'],
    annotations: { ramdisk: '' },
    boot: { kind: 'no-ramdisk', kernel },
    isOwn: true,
  },
];
for (const { what, env, annotations = {}, boot, isOwn } of cases) {
  test(what, () => {
    const found = planBoot(processWith({ env }), annotations, true);
    assert.deepEqual(found, boot);
    assert.equal(hasOwnGuest(found.kind), isOwn);
  });
}

const refused: readonly [env: readonly string[], allowed: boolean, sentence: string][] = [
  [
    ['RUNX_KERNEL=/k'],
    false,
    'RUNX_KERNEL in process.env is not allowed: own_kernel in runx.toml is false',
  ],
  [
    ['RUNX_RAMDISK=/r'],
    false,
    'RUNX_RAMDISK in process.env is not allowed: own_kernel in runx.toml is false',
  ],
  [['RUNX_KERNEL='], true, 'RUNX_KERNEL in process.env must name a file of the rootfs'],
  [
    ['RUNX_RAMDISK='],
    true,
    'RUNX_RAMDISK in process.env is empty: an empty ramdisk needs a kernel that boots without one: set RUNX_KERNEL to that kernel',
  ],
];
for (const [env, allowed, sentence] of refused) {
  test(`${env.join(' ')} with own_kernel = ${allowed} is refused`, () => {
    assert.throws(() => planBoot(processWith({ env }), {}, allowed), new RunxError(sentence));
  });
}

test('own_kernel = false is nothing to a container that brings none', () => {
  assert.deepEqual(planBoot(processWith({}), {}, false), { kind: 'runx' });
});

test("the process's arguments are the kernel's, with spaces between them", () => {
  const args = ['console=hvc0', 'a="b c"', '', '--', '/bin/sh -c'];
  assert.equal(
    renderKernelArguments('own-ramdisk', processWith({ args }), undefined),
    'console=hvc0 a="b c"  -- /bin/sh -c',
  );
});

for (const [what, args] of [
  ['a line end', ['a\nb']],
  ['what is not ASCII', ['é']],
  ['more than a kernel takes', ['a'.repeat(450), 'b'.repeat(450)]],
] as const) {
  test(`arguments with ${what} are refused`, () => {
    assert.throws(
      () => renderKernelArguments('no-ramdisk', processWith({ args }), undefined),
      new RunxError(
        "config.json: process.args: must be at most 900 printable ASCII characters, because they are the kernel arguments of the container's own ramdisk: shorten them, or use the annotation io.runx.kernel_arguments",
      ),
    );
  });
}

test('an annotation stands in place of the arguments of a kernel that boots nothing of runx', () => {
  const rendered = renderKernelArguments(
    'no-ramdisk',
    processWith({ args: ['é'] }),
    'root=/dev/ram',
  );
  assert.equal(rendered, 'root=/dev/ram');
});

test("runx's ramdisk gets its own arguments, and those of an annotation behind them", () => {
  const own = 'console=hvc0 quiet panic=0 rdinit=/init';
  assert.equal(renderKernelArguments('runx', processWith({}), undefined), own);
  assert.equal(renderKernelArguments('own-kernel', processWith({}), 'a=b'), `${own} a=b`);
});
