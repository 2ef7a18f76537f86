import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { test } from 'node:test';

import { startClock } from '../../../scripts/testing/clock.ts';
import { parseCommandLine } from '../../../scripts/testing/command-line.ts';
import { parseAvailableMiB, planDom0s } from '../../../scripts/testing/dom0-plan.ts';
import { findTestFiles } from '../../../scripts/testing/levels.ts';
import { runNodeTests } from '../../../scripts/testing/node-tests.ts';
import { capture } from '../../../scripts/testing/programs.ts';
import { drain, longestFirst } from '../../../scripts/testing/queue.ts';
import { type Results, none, parseResults, sumOf } from '../../../scripts/testing/results.ts';
import { readSeconds } from '../../../scripts/testing/seconds.ts';
import {
  renderFailed,
  renderPhases,
  renderResults,
  renderSlowest,
  withoutSummary,
} from '../../../scripts/testing/summary.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

test('no level is all of them but those of a full run', () => {
  const all = ['lint', 'unit', 'cli', 'namespaces', 'integration'];
  assert.deepEqual(parseCommandLine([], false), { levels: all, full: false, record: false });
  assert.deepEqual(parseCommandLine(['--full'], false)?.levels, [...all, 'trixie', 'arm64']);
});

test('a full run in a Dom0 of the user has no levels that bring their own', () => {
  assert.deepEqual(parseCommandLine(['--full'], true), {
    levels: ['lint', 'unit', 'cli', 'namespaces', 'integration'],
    full: true,
    record: false,
  });
});

test('levels are run in the order that they are named in', () => {
  assert.deepEqual(parseCommandLine(['arm64', '--record', 'lint'], false), {
    levels: ['arm64', 'lint'],
    full: false,
    record: true,
  });
});

test('the usage is asked for, and an unknown word is refused with it', () => {
  assert.equal(parseCommandLine(['unit', '--help'], false), undefined);
  assert.throws(
    () => parseCommandLine(['units'], false),
    /^Error: unknown argument 'units'\nusage: /,
  );
});

test('the longest file is first, one that nobody knows is neither, and names decide', () => {
  const seconds = { long: 100, short: 5, other: 5 };
  const files = ['short', 'other', 'new', 'long'];
  assert.deepEqual(longestFirst(files, seconds), ['long', 'new', 'other', 'short']);
});

test('two workers share a queue, and each takes the next when it is done', async () => {
  const queue = ['a', 'b', 'c', 'd'];
  const taken: string[] = [];
  let endA: (goesOn: boolean) => void = () => {};
  const slow = drain(queue, (file) => {
    taken.push(`slow ${file}`);
    return new Promise((end) => {
      endA = end;
    });
  });
  await drain(queue, async (file) => {
    taken.push(`quick ${file}`);
    return true;
  });
  endA(true);
  await slow;
  assert.deepEqual(taken, ['slow a', 'quick b', 'quick c', 'quick d']);
});

test('a worker that can go on with nothing leaves the rest to the others', async () => {
  const queue = ['a', 'b', 'c'];
  await drain(queue, async (file) => file !== 'b');
  assert.deepEqual(queue, ['c']);
});

test('each file that has a time is there', async () => {
  const files = await findTestFiles(/^integration\//);
  const gone = Object.keys(await readSeconds()).filter((file) => !files.includes(file));
  assert.deepEqual(gone, []);
});

const ended = (file: string, outcome: string): string => `${JSON.stringify({ file, outcome })}\n`;
const took = (file: string, seconds: number): string => `${JSON.stringify({ file, seconds })}\n`;

test('tests are counted by their outcome, and files have their seconds', () => {
  const lines = [ended('a', 'passed'), ended('b', 'skipped'), ended('a', 'failed')];
  lines.push(took('b', 0), took('a', 3));
  assert.deepEqual(parseResults(lines.join(''), 1), {
    passed: 1,
    failed: 1,
    skipped: 1,
    files: [
      { file: 'a', seconds: 3, failed: 1 },
      { file: 'b', seconds: 0, failed: 0 },
    ],
  });
});

test('a run that breaks off, or tests nothing, has failed', () => {
  assert.equal(parseResults(ended('a', 'passed'), undefined).failed, 1);
  assert.equal(parseResults('', 0).failed, 1);
  assert.equal(parseResults(took('a', 1), 0).failed, 1);
  assert.equal(parseResults(ended('a', 'passed'), 0).failed, 0);
});

const sample = `import { describe, test } from 'node:test';
test('passes', async (t) => { await t.test('with one in it', () => {}); });
test('is skipped', { skip: 'why' }, () => {});
test('is skipped later', (t) => t.skip('why'));
describe('a suite', () => {
  test('passes', () => {});
  test('fails', () => { throw new Error('on purpose'); });
});
test('is never done', () => new Promise(() => {}));
`;

const broken = "throw new Error('before any test');\n";

test("what node's runner says of tests is counted as node counts it", async (t) => {
  // Node's runner does nothing in a process that it has started.
  delete process.env['NODE_TEST_CONTEXT'];
  const directory = await temporaryDirectory(t);
  const files = [join(directory, 'sample.test.mjs'), join(directory, 'broken.test.mjs')];
  await writeFile(files[0] ?? '', sample);
  await writeFile(files[1] ?? '', broken);
  let output = '';
  const results = await runNodeTests({ files, concurrency: 2, minutes: 1 }, async (command) => {
    const said = await capture(command);
    output = said.output;
    return said.exitCode;
  });
  assert.match(output, /^ℹ pass 3\nℹ fail 2\nℹ cancelled 1\nℹ skipped 2$/m);
  assert.deepEqual({ ...results, files: [] }, { passed: 3, failed: 3, skipped: 2, files: [] });
  assert.deepEqual(
    results.files
      .map(({ file }) => resolve(file))
      .toSorted((one, other) => one.localeCompare(other)),
    [join(directory, 'broken.test.mjs'), join(directory, 'sample.test.mjs')],
  );
});

test('a file that does not end has failed when its time is over', async (t) => {
  delete process.env['NODE_TEST_CONTEXT'];
  const file = join(await temporaryDirectory(t), 'endless.test.mjs');
  await writeFile(file, 'setInterval(() => {}, 1000);\n');
  const { failed } = await runNodeTests(
    { files: [file], concurrency: 1, minutes: 0.02 },
    async (command) => (await capture(command)).exitCode,
  );
  assert.equal(failed, 1);
});

test('results are added up', () => {
  const one: Results = {
    passed: 1,
    failed: 2,
    skipped: 3,
    files: [{ file: 'a', seconds: 1, failed: 2 }],
  };
  assert.deepEqual(sumOf([none, one, one]), {
    passed: 2,
    failed: 4,
    skipped: 6,
    files: [...one.files, ...one.files],
  });
});

test('the ten slowest files are listed, with the Dom0 that ran them', () => {
  const files = Array.from({ length: 12 }, (_, index) => ({
    file: `f${index}`,
    seconds: index,
    failed: 0,
  }));
  const lines = renderSlowest([
    ...files,
    { file: 'slow', seconds: 187.4, failed: 0, where: 'dom0 2' },
  ]);
  assert.equal(lines.length, 11);
  assert.deepEqual(lines.slice(0, 3), [
    'The slowest test files:',
    '   3:07  slow, dom0 2',
    '   0:11  f11',
  ]);
  assert.deepEqual(renderSlowest([]), []);
});

test('files in which tests have failed are named, with the Dom0 that ran them', () => {
  const files = [
    { file: 'fine', seconds: 1, failed: 0, where: 'dom0 1' },
    { file: 'bad', seconds: 1, failed: 2, where: 'dom0 2' },
    { file: 'worse', seconds: 1, failed: 3 },
  ];
  assert.deepEqual(renderFailed(files), ['FAILED: 2 in bad, dom0 2', 'FAILED: 3 in worse']);
});

test('phases are listed by their beginnings, and the whole time last', () => {
  const phases = [
    { name: 'unit', from: 5.4, to: 35 },
    { name: 'build', from: 1, to: 261 },
  ];
  assert.deepEqual(renderPhases(phases, 3599.6), [
    'Where the time went:',
    '   4:20  build, from 0:01 to 4:21',
    '   0:30  unit, from 0:05 to 0:35',
    '  60:00  in all',
  ]);
});

test('a phase ends also where its work fails', async () => {
  const clock = startClock(Date.now() / 1000 - 60);
  await assert.rejects(
    clock.time('boot', async () => {
      throw new Error('no');
    }),
  );
  assert.deepEqual(
    clock.phases.map(({ name, from, to }) => [name, Math.floor(from / 10), to >= from]),
    [['boot', 6, true]],
  );
});

test('the last line is what it came to', () => {
  assert.equal(
    renderResults({ passed: 3, failed: 0, skipped: 1, files: [] }),
    '3 passed, 0 failed, 1 skipped',
  );
});

test("node's summary is taken away, and what a test has said stays", () => {
  const said = '✔ it works (1ms)\nℹ pass the salt\nℹ tests 1\nℹ pass 1\nℹ duration_ms 9.5\n';
  assert.equal(withoutSummary(said), '✔ it works (1ms)\nℹ pass the salt\n');
});

test('two Dom0s are booted where there are a CPU and the memory for each', () => {
  const GiB = 1024;
  const plans = [
    [
      { cpus: 8, availableMiB: 16 * GiB },
      { count: 2, small: false },
    ],
    [
      { cpus: 4, availableMiB: 10 * GiB },
      { count: 2, small: true },
    ],
    [
      { cpus: 2, availableMiB: 16 * GiB },
      { count: 2, small: true },
    ],
    [
      { cpus: 2, availableMiB: 7 * GiB },
      { count: 1, small: false },
    ],
    [
      { cpus: 1, availableMiB: 16 * GiB },
      { count: 1, small: false },
    ],
  ] as const;
  for (const [machine, plan] of plans) assert.deepEqual(planDom0s(machine), plan);
});

test('memory that is available is read, and none where a kernel does not say', () => {
  assert.equal(parseAvailableMiB('MemFree:  1 kB\nMemAvailable:   13336000 kB\n'), 13_023);
  assert.equal(parseAvailableMiB('MemFree:  1 kB\n'), 0);
});
