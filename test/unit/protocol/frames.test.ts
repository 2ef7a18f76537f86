import assert from 'node:assert/strict';
import { test } from 'node:test';

import { makeFrameReader, renderFrames } from '../../../src/protocol/frames.ts';

test('a frame is its type, its length and its bytes, 1024 at most', () => {
  assert.equal(renderFrames('E', Buffer.alloc(0)).toString('latin1'), 'E\0\0');
  const parts = renderFrames('I', Buffer.alloc(1025, 'i'));
  assert.equal(parts.toString('latin1'), `I\0\x04${'i'.repeat(1024)}I\x01\0i`);
});

test('frames are read however they are cut', () => {
  const bytes = Buffer.concat([
    renderFrames('I', Buffer.from('abc')),
    renderFrames('W', Buffer.alloc(4)),
  ]);
  const frames = [
    { type: 'I', body: Buffer.from('abc') },
    { type: 'W', body: Buffer.alloc(4) },
  ];
  const whole = makeFrameReader();
  assert.deepEqual(whole(bytes), frames);
  const cut = makeFrameReader();
  assert.deepEqual(
    [...bytes].flatMap((byte) => cut(Buffer.from([byte]))),
    frames,
  );
});
