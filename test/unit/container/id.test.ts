import assert from 'node:assert/strict';
import { basename, dirname, join } from 'node:path';
import { test } from 'node:test';

import { parseContainerId } from '../../../src/container/id.ts';
import { RunxError } from '../../../src/errors.ts';
import { randomTexts } from '../../support/random-text.ts';

for (const id of ['a', '0', 'web-1', 'a_b+c.d', '...', '.hidden', '-x', 'A'.repeat(1024)]) {
  test(`container id ${JSON.stringify(id.slice(0, 20))} is accepted as it is`, () => {
    assert.equal(parseContainerId(id), id);
  });
}

for (const id of ['.', '..', '../x', 'a/b', '/', 'a b', 'a\n', 'a\0', 'é', 'a,b', '$x', 'a\\b']) {
  test(`container id ${JSON.stringify(id)} is refused`, () => {
    assert.throws(
      () => parseContainerId(id),
      new RunxError(
        `invalid container id ${JSON.stringify(id)}: use letters, digits, "_", "+", "-" and "."`,
      ),
    );
  });
}

test('an empty container id is refused', () => {
  assert.throws(() => parseContainerId(''), new RunxError('container id must not be empty'));
});

test('a container id of more than 1024 characters is refused', () => {
  assert.throws(
    () => parseContainerId('a'.repeat(1025)),
    new RunxError('container id is longer than 1024 characters'),
  );
});

test('whatever container id is accepted names one file inside the root', (t) => {
  let accepted = 0;
  for (const text of randomTexts(t, { count: 20_000, maximumLength: 4 })) {
    let id;
    try {
      id = parseContainerId(text);
    } catch (error) {
      assert.ok(error instanceof RunxError, String(error));
      continue;
    }
    accepted += 1;
    const path = join('/run/root', id);
    assert.equal(dirname(path), '/run/root', JSON.stringify(text));
    assert.equal(basename(path), text);
    assert.doesNotMatch(id, /[\0-\x20/\x7f-\uffff]/u);
  }
  assert.ok(accepted > 100, `only ${accepted} texts were accepted`);
});
