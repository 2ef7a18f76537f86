import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';

import { RunxError } from '../../../src/errors.ts';
import { parseXentopLine } from '../../../src/xen/xentop.ts';

// Printed by the xentop of Xen 4.17 (Debian 12), with a library in place of libxenstat that
// says what lengths and gaps a table can have.
const file = new URL('../../fixtures/xl/xentop.txt', import.meta.url);
const lines = (await readFile(file, 'utf8')).split('\n').slice(0, -1);
const table = lines.slice(lines.length / 2);

test('a table of xentop has a title, and then a line for each domain', () => {
  const load = { memoryBytes: 268_419_072, readBytes: 0, writtenBytes: 0 };
  assert.deepEqual(table.map(parseXentopLine), [
    undefined,
    {
      ...load,
      name: 'a-container-with-a-long-name.of.40-chars-12345678',
      cpuPercent: 27.3,
      readBytes: undefined,
      writtenBytes: undefined,
    },
    { ...load, name: 'Domain-0', cpuPercent: 9.1, memoryBytes: 2_147_483_648 },
    {
      ...load,
      name: 'web-5f0c9a1e',
      cpuPercent: 18.2,
      readBytes: 21_824 * 512,
      writtenBytes: 96 * 512,
    },
    { ...load, name: 'x y', cpuPercent: 36.4 },
  ]);
});

const [title = '', , , web = ''] = table;
for (const line of [
  '',
  title.replace('VBD_OO', 'VBD_XX'),
  web.replace('--b---', '-----'),
  web.replace('18.2', 'n/a'),
  `${web} 0`,
  web.slice(0, -4),
]) {
  test(`${JSON.stringify(line.slice(-40))} is no line of xentop`, () => {
    assert.throws(
      () => parseXentopLine(line),
      new RunxError(`xentop: unexpected line: ${JSON.stringify(line)}`),
    );
  });
}
