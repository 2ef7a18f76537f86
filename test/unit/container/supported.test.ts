import assert from 'node:assert/strict';
import { test } from 'node:test';

import { checkOwnGuest, checkSupported } from '../../../src/container/supported.ts';
import { RunxError } from '../../../src/errors.ts';
import { specWith } from '../../support/spec.ts';

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

test("a hook that runx's own init would run is refused with another ramdisk", () => {
  const hook = { path: '/bin/true' };
  const refusal = new RunxError(
    "config.json: hooks.startContainer is not supported with the container's own ramdisk, which does not run hooks",
  );
  assert.throws(() => checkOwnGuest(specWith({ hooks: { startContainer: [hook] } })), refusal);
  checkOwnGuest(specWith({ hooks: { createContainer: [hook], poststart: [hook] } }));
});
