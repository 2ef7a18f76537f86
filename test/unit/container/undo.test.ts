import assert from 'node:assert/strict';
import { test } from 'node:test';

import { withUndo } from '../../../src/container/undo.ts';
import { recordingLog } from '../../support/recording-log.ts';

test('steps that succeed are not undone', async () => {
  const undone: string[] = [];
  const result = await withUndo(recordingLog().log, async (undo) => {
    undo('one', async () => void undone.push('one'));
    return 7;
  });
  assert.equal(result, 7);
  assert.deepEqual(undone, []);
});

test('a failing step undoes the ones before it, last first', async () => {
  const undone: string[] = [];
  const failure = new Error('third step');
  await assert.rejects(
    withUndo(recordingLog().log, async (undo) => {
      undo('one', async () => void undone.push('one'));
      undo('two', async () => void undone.push('two'));
      throw failure;
    }),
    failure,
  );
  assert.deepEqual(undone, ['two', 'one']);
});

test('an undo that fails is warned of, the others go on and the first error is thrown', async () => {
  const undone: string[] = [];
  const failure = new Error('the step');
  const { log, warnings } = recordingLog();
  await assert.rejects(
    withUndo(log, async (undo) => {
      undo('removing it', async () => void undone.push('removed'));
      undo('ending it', async () => {
        throw new Error('it will not end');
      });
      throw failure;
    }),
    failure,
  );
  assert.deepEqual(undone, ['removed']);
  assert.deepEqual(warnings, ['ending it: it will not end']);
});
