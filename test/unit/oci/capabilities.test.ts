import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  capabilityNames,
  parseCapabilities,
  unknownCapabilities,
} from '../../../src/oci/capabilities.ts';

test('no capabilities are no bits', () => {
  assert.equal(parseCapabilities([]), 0n);
});

// Numbers from linux/capability.h.
const numbers = {
  CAP_CHOWN: 0,
  CAP_KILL: 5,
  CAP_NET_ADMIN: 12,
  CAP_SYS_ADMIN: 21,
  CAP_SETFCAP: 31,
  CAP_CHECKPOINT_RESTORE: 40,
};
for (const [name, number] of Object.entries(numbers)) {
  test(`${name} is bit ${number}`, () => {
    assert.equal(parseCapabilities([name]), 1n << BigInt(number));
  });
}

test('a set is the sum of its capabilities, however often they stand in it', () => {
  assert.equal(parseCapabilities(['CAP_KILL', 'CAP_CHOWN', 'CAP_KILL']), 0x21n);
});

test('all 41 capabilities are known', () => {
  assert.equal(capabilityNames.length, 41);
  assert.equal(parseCapabilities(capabilityNames), (1n << 41n) - 1n);
});

for (const name of ['CAP_NONE', 'KILL', '', 'CAP_KILL ']) {
  test(`capability ${JSON.stringify(name)} is unknown, and left out of the mask`, () => {
    assert.equal(parseCapabilities(['CAP_CHOWN', name]), 1n);
    assert.deepEqual(unknownCapabilities(['CAP_CHOWN', name]), [name]);
  });
}
