import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';

import { inDom0, leftovers, makeBundle } from '../support/dom0.ts';

afterEach(async () => {
  assert.equal(await leftovers(), '', 'nothing is left behind');
});

test('top: a process that computes all the time, and the memory of its domain', async () => {
  const bundle = await makeBundle('busy', ['sh', '-c', 'while :; do :; done']);
  const result = await inDom0(
    `trap 'runx delete --force busy' EXIT
     runx run --detach --bundle "$1" busy </dev/null >/dev/null 2>&1
     runx top --interval 5s --iterations 2 busy; runx list`,
    [bundle],
  );
  assert.equal(result.stderr, '');
  const [title = '', first = '', again, second = '', listTitle, listed = ''] = result.stdout
    .toString()
    .split('\n');
  assert.match(title, /^ID +STATUS +CPU +MEMORY +RECEIVED +SENT +READ +WRITTEN$/);
  assert.match(again ?? '', /^ID /);
  assert.match(first, /^busy +running +\d+\.\d % +\d+ MiB +0 B +0 B/);
  const [, percent = '', memory = ''] = /^busy +running +(\d+\.\d) % +(\d+) MiB/.exec(second) ?? [];
  assert.ok(Number(percent) > 20 && Number(percent) <= 110, second);
  assert.ok(Number(memory) > 240 && Number(memory) <= 257, second);
  assert.match(listTitle ?? '', / OWNER +AGE +MEMORY +ADDRESS$/);
  assert.match(listed, /^busy .* \d+[sm] +256 MiB$/);
});
