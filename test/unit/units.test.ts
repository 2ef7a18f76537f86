import assert from 'node:assert/strict';
import { test } from 'node:test';

import { renderSize } from '../../src/units.ts';

for (const [bytes, text] of [
  [0, '0 B'],
  [1023, '1023 B'],
  [1024, '1.0 KiB'],
  [1_048_575, '1.0 MiB'],
  [1_610_612_736, '1.5 GiB'],
] as const) {
  test(`${bytes} bytes are ${text}`, () => {
    assert.equal(renderSize(bytes), text);
  });
}
