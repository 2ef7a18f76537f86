import assert from 'node:assert/strict';
import { test } from 'node:test';

import { renderChart } from '../../../scripts/benchmarks/chart.ts';
import {
  type Measurement,
  parseMeasurements,
  renderMeasurements,
} from '../../../scripts/benchmarks/measurements.ts';
import { tableParts } from '../../../scripts/benchmarks/parts.ts';
import { type Row, commands, isMet, rowsOf } from '../../../scripts/benchmarks/rows.ts';
import { renderTable } from '../../../scripts/benchmarks/table.ts';

const measurement = (samples: Record<string, number[]>): Measurement => ({
  date: '2026-01-02T03:04:05.678Z',
  commit: 'abc1234',
  node: 'v24.1.0',
  xen: '4.17.4',
  command: 'scripts/bench',
  samples,
});

const lifecycle = {
  'node -e 0': [700, 900, 800],
  'xl create -p': [1000],
  'xl unpause, first byte': [1400],
  'xl, uptime': [1.1],
  'xl list': [300],
  'xl destroy': [400],
  'runx create': [2600],
  'runx start, first byte': [1361],
  'runx create and start, first byte': [4000],
  'runx state': [1200],
  'runx delete': [1680],
  'runx run true': [4801],
  'runx run, uptime': [1.45],
};

const cpuOf = (major: string, node: number, runx: number): Record<string, number[]> =>
  Object.fromEntries([
    [`${major} node -e 0`, [node]],
    ...commands.map((command): [string, number[]] => [`${major} ${command}`, [runx]]),
  ]);

const rowIn = (rows: readonly Row[], label: string): Row => {
  const row = rows.find((other) => other.label === label);
  assert.ok(row !== undefined, `there is a row '${label}'`);
  return row;
};

/** A row's value and the most that it may be, to a thousandth. */
const numbersOf = ({ value, target }: Row): string =>
  `${value.toFixed(3)} of ${target?.most.toFixed(3)}`;

test('the steps are held to xl by hand and to an empty Node.js program of the same run', () => {
  const rows = rowsOf({ lifecycle: measurement(lifecycle) });
  const found = rows
    .filter(({ target }) => target !== undefined)
    .map((row) => [row.label, numbersOf(row), isMet(row)]);
  assert.deepEqual(found, [
    ['create', '2.600 of 2.600', true],
    ['start to the first byte', '1.361 of 1.360', false],
    ['create and start to the first byte', '4.000 of 4.000', true],
    ['unpause to a process that runs', '1.250 of 1.250', true],
    ['state', '1.200 of 1.200', true],
    ['delete of a stopped container', '1.680 of 1.680', true],
    ['runx run true', '4.801 of 4.800', false],
  ]);
});

test('processor time is held to that of the same Node.js, with version 24 only', () => {
  const samples = { ...cpuOf('20', 30, 90), ...cpuOf('24', 25, 36) };
  const rows = rowsOf({ cpu: measurement(samples) });
  assert.equal(numbersOf(rowIn(rows, 'CPU of state, Node 24')), '1.440 of 1.400');
  assert.equal(isMet(rowIn(rows, 'CPU of state, Node 24')), false);
  assert.equal(isMet(rowIn(rows, 'CPU of create, Node 24')), true);
  assert.equal(rowIn(rows, 'CPU of state, Node 20').value, 3);
  assert.equal(isMet(rowIn(rows, 'CPU of state, Node 20')), undefined);
});

test('memory, numbers and sizes have targets of their own', () => {
  const rows = rowsOf({
    memory: measurement({
      'processes of a container': [2],
      'PSS of a container': [205],
      'MemTotal of 64 MiB': [55_000],
      'MemAvailable of 64 MiB': [49_152],
      '24 MiB, failed': [1],
    }),
    'at-once': measurement({
      'at once': [25_000],
      'at once by hand': [20_000],
      'at once, failed': [0],
    }),
    'in-a-row': measurement({
      'in a row': [90_000],
      'in a row by hand': [60_000],
      'in a row, failed': [1],
    }),
    sizes: measurement({ kernel: [3_400_000], ramdisk: [300_000] }),
  });
  assert.deepEqual(rows.map(isMet), [
    false,
    true,
    undefined,
    false,
    true,
    undefined,
    true,
    false,
    undefined,
    false,
    true,
  ]);
});

test('a part that has not measured a figure says which', () => {
  assert.throws(
    () => rowsOf({ lifecycle: measurement({ 'node -e 0': [1] }) }),
    /lifecycle has not measured 'xl create -p'/,
  );
});

test('every part of the table has rows', () => {
  for (const name of tableParts.keys()) {
    assert.throws(() => rowsOf({ [name]: measurement({ '24 other': [1] }) }), /has not measured/);
  }
});

test('the table says what is measured, what it must be and whether it is', () => {
  const rows: readonly Row[] = [
    { label: 'node -e 0', value: 0.7, unit: 's' },
    { label: 'state', value: 1.234, unit: 's', target: { most: 1.05, rule: '1.5 x node' } },
    { label: 'CPU of state', value: 1.35, unit: 'times', target: { most: 1.4, rule: 'node' } },
    { label: 'failed', value: 0, unit: '', target: { most: 0 } },
  ];
  assert.equal(
    renderTable(rows),
    [
      'figure        measured    target\n',
      'node -e 0     0.70 s\n',
      'state         1.23 s      <= 1.05 s (1.5 x node)  MISSED\n',
      'CPU of state  1.35 times  <= 1.40 times node      met\n',
      'failed        0           <= 0                    met\n',
    ].join(''),
  );
});

test('what was measured is read as it was written', () => {
  const measurements = { lifecycle: measurement(lifecycle) };
  const text = renderMeasurements(measurements, rowsOf(measurements));
  assert.deepEqual(parseMeasurements(text), measurements);
});

for (const [what, text] of [
  ['no parts', '{}'],
  ['a part without samples', '{"parts":{"cpu":{"date":"","commit":"","node":"","command":""}}}'],
  [
    'a sample that is no number',
    JSON.stringify({ parts: { cpu: { ...measurement({}), samples: { a: ['1'] } } } }),
  ],
] as const) {
  test(`a file with ${what} is refused`, () => {
    assert.throws(() => parseMeasurements(text));
  });
}

/** The lengths of the bars of a kind. */
const barsOf = (svg: string, kind: string): number[] =>
  [...svg.matchAll(new RegExp(`<rect class="${kind}" x="250" y="\\d+" width="(\\d+)"`, 'g'))].map(
    ([, length]) => Number(length),
  );

test('the chart draws each step by runx and by hand to one scale', () => {
  const svg = renderChart(measurement(lifecycle));
  const runx = barsOf(svg, 'runx');
  const xl = barsOf(svg, 'xl');
  assert.deepEqual([runx.length, xl.length], [6, 6]);
  const longest = 1080 - 250 - 90;
  assert.equal(Math.max(...runx, ...xl), longest);
  assert.equal(runx[0], Math.round((2.6 / 4.801) * longest));
  assert.equal(xl[3], Math.round((0.3 / 4.801) * longest));
  const [, node] = /<line class="node" x1="(\d+)" y1="72"/.exec(svg) ?? [];
  assert.equal(Number(node), 250 + Math.round((0.8 / 4.801) * longest));
});

test('the chart has both colour schemes, a description and where it was measured', () => {
  const svg = renderChart(measurement(lifecycle));
  assert.match(svg, /prefers-color-scheme: dark/);
  assert.match(svg, /<desc id="description">create 2\.60 s, by hand 1\.00 s; .* node -e 0 0\.80 s/);
  assert.match(svg, /Xen 4\.17\.4, Node v24\.1\.0, 2026-01-02\./);
});

test('the chart is well-formed whatever the versions are', () => {
  const svg = renderChart({ ...measurement(lifecycle), xen: '<&>' });
  assert.match(svg, /Xen &lt;&amp;&gt;,/);
  const open = [...svg.matchAll(/<(\w+)\b[^>]*(?<!\/)>/g)].map(([, name]) => name);
  const closed = [...svg.matchAll(/<\/(\w+)>/g)].map(([, name]) => name);
  assert.deepEqual(new Set(open), new Set(closed));
  assert.equal(open.length, closed.length);
});
