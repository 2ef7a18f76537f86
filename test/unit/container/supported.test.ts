import assert from 'node:assert/strict';
import { test } from 'node:test';

import { checkSupported } from '../../../src/container/supported.ts';
import { RunxError } from '../../../src/errors.ts';
import { minimalSpec, specWith } from '../../support/spec.ts';

test('a supported spec gives its process', () => {
  const spec = specWith({});
  assert.equal(checkSupported(spec), spec.process);
});

test('a spec without process is refused', () => {
  for (const process of [undefined, null]) {
    assert.throws(
      () => checkSupported(specWith({ process })),
      new RunxError('process property must not be empty'),
    );
  }
});

const refused: readonly [what: string, changes: object][] = [
  [
    'a user namespace without uidMappings and gidMappings',
    {
      linux: {
        namespaces: [{ type: 'user' }],
        uidMappings: [{ containerID: 0, hostID: 100_000, size: 65_536 }],
      },
    },
  ],
  ...['RUNX_KERNEL', 'RUNX_RAMDISK'].map((name): [string, object] => [
    `${name} in process.env`,
    { process: { ...minimalSpec.process, env: ['A=b', `${name}=x=y`] } },
  ]),
];
for (const [what, changes] of refused) {
  test(`${what} is refused by its name`, () => {
    assert.throws(
      () => checkSupported(specWith(changes)),
      new RunxError(`config.json: ${what} is not supported`),
    );
  });
}

test('a namespace with a path is refused by its type', () => {
  assert.throws(
    () =>
      checkSupported(
        specWith({ linux: { namespaces: [{ type: 'pid' }, { type: 'ipc', path: '/x' }] } }),
      ),
    new RunxError('config.json: linux.namespaces with a path (ipc) is not supported'),
  );
});

test('a variable that only resembles those is accepted', () => {
  const env = ['MY_RUNX_KERNEL=x', 'RUNX_KERNELS=y', 'A=RUNX_KERNEL=z'];
  const spec = specWith({ process: { ...minimalSpec.process, env } });
  assert.deepEqual(checkSupported(spec).env, env);
});
