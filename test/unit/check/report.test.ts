import assert from 'node:assert/strict';
import { test } from 'node:test';

import { type Point, verdictOf } from '../../../src/check/point.ts';
import { renderJson, renderReport } from '../../../src/check/report.ts';

const good: Point = { name: 'xl', status: 'ok', found: '/usr/sbin/xl' };
const lack: Point = { name: '9p', status: 'warning', found: 'no diod', remedy: 'install diod' };
const fault: Point = { name: 'dom0', status: 'error', found: 'no Xen', remedy: 'boot Xen' };

test('the verdict is that of the worst point', () => {
  assert.equal(verdictOf([]), 'ok');
  assert.equal(verdictOf([good]), 'ok');
  assert.equal(verdictOf([good, lack]), 'warning');
  assert.equal(verdictOf([lack, fault, good]), 'error');
});

test('the report has a line for each point, with the remedy, and the verdict', () => {
  assert.equal(
    renderReport([good, lack, fault], false),
    [
      'ok       xl: /usr/sbin/xl',
      'warning  9p: no diod; install diod',
      'error    dom0: no Xen; boot Xen',
      'this host cannot run containers: 1 error, 1 warning',
      '',
    ].join('\n'),
  );
});

const verdicts: readonly [points: readonly Point[], sentence: string][] = [
  [[good], 'this host can run containers'],
  [[good, lack, lack], 'this host can run containers; 2 warnings'],
  [[fault, fault], 'this host cannot run containers: 2 errors, 0 warnings'],
];
for (const [points, sentence] of verdicts) {
  test(`the verdict on ${points.map(({ status }) => status).join(', ')} is: ${sentence}`, () => {
    assert.equal(renderReport(points, false).split('\n').at(-2), sentence);
  });
}

test('in colour, only the words that judge are coloured', () => {
  assert.equal(
    renderReport([good, lack, fault], true),
    [
      '\u001B[32mok     \u001B[0m  xl: /usr/sbin/xl',
      '\u001B[33mwarning\u001B[0m  9p: no diod; install diod',
      '\u001B[31merror  \u001B[0m  dom0: no Xen; boot Xen',
      '\u001B[31mthis host cannot run containers: 1 error, 1 warning\u001B[0m',
      '',
    ].join('\n'),
  );
});

test('what a program said stays on one line and moves no cursor', () => {
  const said: Point = { ...fault, found: 'one\n  two\u001B[2Jthree' };
  const [line] = renderReport([said], false).split('\n');
  assert.equal(line, 'error    dom0: one two [2Jthree; boot Xen');
});

test('JSON has the verdict and the points as they are', () => {
  assert.deepEqual(JSON.parse(renderJson([good, lack])), {
    verdict: 'warning',
    points: [good, lack],
  });
});
