// Runs node's own test runner over files, shows what it says, and writes each test that
// has ended as a line of JSON: OUT CONCURRENCY FILE...
import { closeSync, openSync, writeSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { run } from 'node:test';
import type { TestEvent } from 'node:test/reporters';
import { spec } from 'node:test/reporters';

import type { Ended } from './results.ts';

type Result = Extract<TestEvent, { type: 'test:pass' | 'test:fail' }>;

// No test takes that long, even under emulation.
const timeout = 2_400_000;

/** A suite counts by its tests, as it does in node's own summary. */
const isTest = (event: TestEvent): event is Result =>
  (event.type === 'test:pass' || event.type === 'test:fail') && event.data.details.type !== 'suite';

const outcomeOf = ({ type, data }: Result): Ended['outcome'] => {
  if (data.skip !== undefined && data.skip !== false) return 'skipped';
  return type === 'test:pass' ? 'passed' : 'failed';
};

const endedOf = (result: Result): Ended => {
  const { file = '', nesting, details } = result.data;
  const seconds = nesting === 0 ? details.duration_ms / 1000 : 0;
  return { file, outcome: outcomeOf(result), seconds };
};

const [, , out = '', concurrency = '', ...files] = process.argv;
const descriptor = openSync(out, 'w');
const note = async function* (events: AsyncIterable<TestEvent>): AsyncGenerator<TestEvent> {
  for await (const event of events) {
    if (isTest(event)) {
      writeSync(descriptor, `${JSON.stringify(endedOf(event))}\n`);
      if (event.type === 'test:fail') process.exitCode = 1;
    }
    yield event;
  }
};
await pipeline(
  run({ files, concurrency: Number(concurrency), timeout }),
  note,
  new spec(),
  process.stdout,
);
closeSync(descriptor);
