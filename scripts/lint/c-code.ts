import { posix } from 'node:path';

import type { Violation } from './exceptions.ts';

const maximum = { fileLines: 300, functionLines: 60, parameters: 4 };

/** C files and headers, by path. */
export type Sources = ReadonlyMap<string, string>;

// From the top: a file includes from its own room and from those further down.  The guest's
// program shares nothing with Dom0's but the protocol.
const rooms = ['src/monitor', 'src/host', 'src/backend', 'src/protocol'];
const guest = 'initrd';
const shared = 'src/protocol';

/** What is too long, takes too much, includes what is above it, or itself by way of others. */
export const findInC = (sources: Sources): readonly Violation[] => [
  ...[...sources].flatMap(([file, text]) => findInFile(file, text)),
  ...[...sources].flatMap(([file, text]) => findWrongIncludes(file, text)),
  ...findCircles(sources),
];

const findInFile = (file: string, text: string): readonly Violation[] => {
  const fileLines = countLines(text);
  const tooMany = (where: string, what: string, count: number, limit: number): Violation[] =>
    count > limit
      ? [{ where: `${file} ${where}`, what: `${count} ${what}, ${limit} at most` }]
      : [];
  return [
    ...tooMany('length', 'lines', fileLines, maximum.fileLines),
    ...functionsOf(text).flatMap(({ name, lines, parameters }) => [
      ...tooMany(`${name} length`, 'lines', lines, maximum.functionLines),
      ...tooMany(`${name} parameters`, 'parameters', parameters, maximum.parameters),
    ]),
  ];
};

interface CFunction {
  readonly name: string;
  readonly lines: number;
  readonly parameters: number;
}

// As clang-format lays it out: a definition begins and ends in the first column.
const definition = /^(?!typedef\b|else\b)\w[\w \t*]*?\b(\w+)\(([^;{}]*)\)\s*\{/gm;

/** The functions that a C file defines. */
export const functionsOf = (text: string): readonly CFunction[] => {
  const code = withoutComments(text);
  return [...code.matchAll(definition)].map((match) => {
    const [head, name = '', words = ''] = match;
    const rest = code.slice(match.index + head.length);
    const body = /^[^\n]*\}$/m.exec(rest.split('\n')[0] ?? '')?.[0];
    const end = body?.length ?? rest.search(/^\}/m) + 1;
    const lines = countLines(head + rest.slice(0, end));
    return { name, lines, parameters: countParameters(words) };
  });
};

/** Blanks comments out and drops attributes, which look like calls; line numbers stay. */
const withoutComments = (text: string): string =>
  text
    .replaceAll(/\/\*[^]*?\*\/|\/\/[^\n]*/g, (comment) => comment.replaceAll(/[^\n]/g, ' '))
    .replaceAll(/__attribute__\s*\(\([^\n]*?\)\)\)? ?/g, '');

const countLines = (text: string): number => text.replace(/\n$/, '').split('\n').length;

/** Commas that are in no parentheses of their own, and one more. */
const countParameters = (words: string): number => {
  if (/^\s*(void)?\s*$/.test(words)) return 0;
  let flat = words;
  while (/\([^()]*\)/.test(flat)) flat = flat.replaceAll(/\([^()]*\)/g, '');
  return flat.split(',').length;
};

const isBelow = (file: string, room: string): boolean => file.startsWith(`${room}/`);

const mayInclude = (file: string, included: string): boolean => {
  if (isBelow(file, guest)) return isBelow(included, guest) || isBelow(included, shared);
  const [own, other] = [file, included].map((path) =>
    rooms.findIndex((room) => isBelow(path, room)),
  );
  return own === -1 || (other !== undefined && own !== undefined && other >= own);
};

const findWrongIncludes = (file: string, text: string): readonly Violation[] =>
  includesOf(file, text)
    .filter((included) => !mayInclude(file, included))
    .map((included) => ({ where: `${file} includes ${included}`, what: 'not the way down' }));

/** Files that include themselves, each circle once, from its first file in the alphabet. */
const findCircles = (sources: Sources): readonly Violation[] => {
  const circles = new Map<string, Violation>();
  const follow = (path: readonly string[]): void => {
    const file = path.at(-1) ?? '';
    for (const included of includesOf(file, sources.get(file) ?? '')) {
      const start = path.indexOf(included);
      if (start === -1) follow([...path, included]);
      else if (included === path.slice(start).toSorted()[0]) {
        const where = [...path.slice(start), included].join(' includes ');
        circles.set(where, { where, what: 'a circle' });
      }
    }
  };
  for (const file of sources.keys()) follow([file]);
  return [...circles.values()];
};

const includesOf = (file: string, text: string): readonly string[] =>
  [...text.matchAll(/^\s*#\s*include\s+"([^"]+)"/gm)].map(([, path = '']) =>
    posix.join(posix.dirname(file), path),
  );
