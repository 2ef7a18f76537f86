// Runs node's own test runner over files, shows what it says, and writes each test that
// has ended as a line of JSON: OUT CONCURRENCY MINUTES FILE...
import { closeSync, openSync, writeSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { run } from 'node:test';
import type { TestEvent } from 'node:test/reporters';
import { spec } from 'node:test/reporters';

import type { Ended } from './results.ts';

type Result = Extract<TestEvent, { type: 'test:pass' | 'test:fail' }>;

/** A suite counts by its tests, as it does in node's own summary. */
const isTest = (event: TestEvent): event is Result =>
  (event.type === 'test:pass' || event.type === 'test:fail') && event.data.details.type !== 'suite';

const outcomeOf = ({ type, data }: Result): 'passed' | 'failed' | 'skipped' => {
  if (data.skip !== undefined && data.skip !== false) return 'skipped';
  return type === 'test:pass' ? 'passed' : 'failed';
};

/** What an event says of a test, or of a file, whose name is its path. */
const endedOf = (event: TestEvent): Ended | undefined => {
  if (isTest(event)) return { file: event.data.file ?? '', outcome: outcomeOf(event) };
  if (event.type !== 'test:complete' || event.data.name !== event.data.file) return undefined;
  return { file: event.data.file, seconds: event.data.details.duration_ms / 1000 };
};

const [, , out = '', concurrency = '', minutes = '', ...files] = process.argv;
const descriptor = openSync(out, 'w');
const note = async function* (events: AsyncIterable<TestEvent>): AsyncGenerator<TestEvent> {
  for await (const event of events) {
    const ended = endedOf(event);
    if (ended !== undefined) writeSync(descriptor, `${JSON.stringify(ended)}\n`);
    if (ended?.outcome === 'failed') process.exitCode = 1;
    yield event;
  }
};
await pipeline(
  run({ files, concurrency: Number(concurrency), timeout: Number(minutes) * 60_000 }),
  note,
  new spec(),
  process.stdout,
);
closeSync(descriptor);
