import assert from 'node:assert/strict';
import { test } from 'node:test';

import { RunxError } from '../../../src/errors.ts';
import { endsByDefault, parseSignal } from '../../../src/oci/signals.ts';

const accepted: Readonly<Record<string, number>> = {
  '0': 0,
  '1': 1,
  '15': 15,
  '64': 64,
  TERM: 15,
  SIGTERM: 15,
  sigterm: 15,
  Kill: 9,
  HUP: 1,
  WINCH: 28,
  SIGCHLD: 17,
  RTMIN: 34,
  'SIGRTMIN+1': 35,
  'RTMIN+30': 64,
  RTMAX: 64,
  'SIGRTMAX-3': 61,
};
for (const [text, number] of Object.entries(accepted)) {
  test(`signal ${text} is ${number}`, () => {
    assert.equal(parseSignal(text), number);
  });
}

const refused = [
  '',
  'SIG',
  'NOSUCH',
  '65',
  '-9',
  '1.5',
  '0x9',
  'SIGSIGTERM',
  'TERM ',
  'RTMIN+31',
  'RTMIN-1',
  'RTMAX+1',
  'constructor',
];
for (const text of refused) {
  test(`signal ${JSON.stringify(text)} is refused`, () => {
    assert.throws(() => parseSignal(text), new RunxError(`unknown signal "${text}"`));
  });
}

test('a signal ends a process by default unless signal(7) says that it does not', () => {
  const numbers = Array.from({ length: 64 }, (_, index) => index + 1);
  const harmless = numbers.filter((number) => !endsByDefault(number));
  assert.deepEqual(harmless, [17, 18, 19, 20, 21, 22, 23, 28]);
});
