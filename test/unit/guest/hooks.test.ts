import assert from 'node:assert/strict';
import { test } from 'node:test';

import { startHookEntries } from '../../../src/guest/hooks.ts';
import { renderEntries } from '../../../src/protocol/entry.ts';
import { specWith } from '../../support/spec.ts';

const render = (hooks: object[]): string =>
  renderEntries(
    startHookEntries(
      specWith({ hooks: { startContainer: hooks } }).hooks.startContainer,
      '{"id":"web"}',
      ['OWN=1', 'HOME=/'],
    ),
  )
    .toString()
    .replaceAll('\0', '\n');

test('startContainer hooks are records behind the state that they read, with an environment of their own or the one of the process', () => {
  assert.equal(
    render([
      { path: '/sbin/ldconfig', args: ['ldconfig', '-v  x'], env: ['A=b', 'C='], timeout: 3 },
      { path: '/bin/true' },
      { path: '/bin/bare', env: [] },
    ]),
    [
      'hook-state {"id":"web"}',
      'hook /sbin/ldconfig',
      'hook-arg ldconfig',
      'hook-arg -v  x',
      'hook-env A=b',
      'hook-env C=',
      'hook-timeout 3',
      'hook /bin/true',
      'hook-arg /bin/true',
      'hook-env OWN=1',
      'hook-env HOME=/',
      'hook /bin/bare',
      'hook-arg /bin/bare',
      '',
    ].join('\n'),
  );
});

test('without such hooks there is no record', () => {
  assert.equal(render([]), '');
});
