import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';

const root = new URL('../../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');
const readAll = (directory: string, suffix: string): string =>
  readdirSync(new URL(directory, root))
    .filter((name) => name.endsWith(suffix))
    .map((name) => read(`${directory}/${name}`))
    .join('\n');

/** What a pattern's first group finds, each once, in order. */
const found = (text: string, pattern: RegExp): readonly string[] =>
  [...new Set([...text.matchAll(pattern)].map(([, word = '']) => word))].toSorted();

const monitorC = readAll('src/monitor', '.c');
const monitorTs = readAll('src/monitor', '.ts');
const fakes = readAll('test/fixtures/bin', '.mjs');

const taken = found(read('src/monitor/control.c'), /(?:strncmp\(text, |\{)"(\w+)/g);
const said = found(monitorC, /(?:control_say\([^"]*|dprintf\(CONTROL_FD, )"(\w+)/g);

test('the C takes and says the control lines of its README', () => {
  const table = read('src/monitor/README.md');
  const fromRunx = found(table, /^\| runx +\| `(\w+)/gm);
  const toRunx = found(table, /^\| (?:launcher|monitor) +\| `(\w+)/gm);
  assert.deepEqual({ taken, said }, { taken: fromRunx, said: toRunx });
  assert.deepEqual([taken.length, said.length], [8, 5]);
});

test('runx sends the control lines that the C takes, and waits for those that it says', () => {
  const sent = found(monitorTs, /(?:send\(|^  \| )[`'](\w+)/gm);
  const received = found(monitorTs, /(?:receive\('|key === ')(\w+)/g);
  assert.deepEqual({ sent, received }, { sent: taken, received: said });
});

test("the fakes' control lines are the C's", () => {
  const sent = found(fakes, /control\.write\([`'](\w+)/g);
  const understood = found(read('test/fixtures/bin/monitor.mjs'), /key === '(\w+)'/g);
  assert.deepEqual(sent, said);
  assert.deepEqual(
    understood.filter((word) => !taken.includes(word)),
    [],
  );
});

const frameTypes = (kind: string): ReadonlyMap<string, string> =>
  new Map(
    [...read('src/protocol/frame.h').matchAll(new RegExp(`\\b${kind}_(\\w+) = '(.)'`, 'g'))].map(
      ([, name = '', type = '']) => [type, name],
    ),
  );

test('a console client sends and shows the frames of the header, and so do the fakes', () => {
  const [inputs, replies] = [frameTypes('FRAME'), frameTypes('REPLY')];
  const client = read('src/cli/attached-terminal.ts');
  const names = (types: readonly string[], table: ReadonlyMap<string, string>): unknown =>
    types.map((type) => table.get(type));
  assert.deepEqual(names(found(client, /renderFrames\('(.)'/g), inputs), [
    'END',
    'INPUT',
    'WINDOW',
  ]);
  const shown = ['OUTPUT', 'MISSED', 'PAST', 'EXIT'];
  assert.deepEqual(names(found(client, /type === '(.)'/g), replies), shown);
  assert.deepEqual(names(found(fakes, /\bframe\('(.)'/g), replies), shown);
});

test('a frame has the form that the header says', () => {
  const [, header, maximum] =
    /FRAME_HEADER = (\d+), FRAME_MAX = (\d+)/.exec(read('src/protocol/frame.h')) ?? [];
  const frames = read('src/protocol/frames.ts');
  assert.match(frames, new RegExp(`headerLength = ${header};`));
  assert.match(frames, new RegExp(`maximumLength = ${maximum};`));
});

test('the files of the state directory have one name in C and in TypeScript', () => {
  const named: readonly [c: string, inC: string, typescript: string, inTypeScript: string][] = [
    ['keeper.c', '"destroyed"', 'container/marks.ts', "'destroyed'"],
    ['control.h', '"control"', 'monitor/control-fifo.ts', "'control'"],
    ['kept_output.c', '"output"', 'container/logs.ts', "'output'"],
    ['kept_output.c', '"output.1"', 'container/logs.ts', "'output.1'"],
    ['attach.c', '"attach"', 'monitor/console-client.ts', '/attach`'],
    ['launch.c', '"exec/%ld"', 'container/exec-records.ts', "'exec')"],
  ];
  for (const [c, inC, typescript, inTypeScript] of named) {
    assert.ok(read(`src/monitor/${c}`).includes(inC), `${c}: ${inC}`);
    assert.ok(read(`src/${typescript}`).includes(inTypeScript), `${typescript}: ${inTypeScript}`);
  }
});
