import assert from 'node:assert/strict';
import { test } from 'node:test';

import { RunxError } from '../../../src/errors.ts';
import { parseRlimit } from '../../../src/oci/rlimits.ts';

// Numbers from asm-generic/resource.h.
const numbers = {
  CPU: 0,
  CORE: 4,
  NPROC: 6,
  NOFILE: 7,
  MEMLOCK: 8,
  AS: 9,
  MSGQUEUE: 12,
  RTTIME: 15,
};
for (const [name, number] of Object.entries(numbers)) {
  test(`RLIMIT_${name} is resource ${number}`, () => {
    assert.equal(parseRlimit(`RLIMIT_${name}`), number);
  });
}

for (const name of ['NOFILE', 'RLIMIT_nofile', 'RLIMIT_', '']) {
  test(`rlimit ${JSON.stringify(name)} is refused`, () => {
    assert.throws(
      () => parseRlimit(name),
      new RunxError(`process.rlimits: unknown type "${name}"`),
    );
  });
}
