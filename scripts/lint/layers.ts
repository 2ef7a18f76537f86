import { posix } from 'node:path';

import type { Violation } from './exceptions.ts';

// From the top: a file imports from its own folder and from what stands further down,
// never from above, nor from another folder of its own line.
const layers: readonly (readonly string[])[] = [
  ['main'],
  ['cli'],
  ['container', 'check'],
  ['domain', 'rootfs', 'guest', 'network', 'monitor'],
  ['version'],
  ['oci', 'xen'],
  ['host'],
  ['protocol'],
  ['process'],
  ['child-process'],
  ['context'],
  ['log', 'config', 'units', 'last-lines'],
  ['schema', 'shape', 'plain-toml'],
  ['errors'],
];

/** A package of its own. */
const standalone = 'cni-ts-client';

// As in run('/bin/sh', ['-c', ...]) and in spawn(file, { shell: true }).
const shells = [
  /['"`](?:\/(?:usr\/)?bin\/)?(?:ba|da|z|k)?sh['"`],\s*\[\s*['"`]-\w*c/,
  /\bshell:\s*(?:true|['"`])/,
];

/** Source files below src, by their path there. */
export type Sources = ReadonlyMap<string, string>;

/** The imports that go against the layers. */
export const findWrongImports = (sources: Sources): readonly Violation[] =>
  [...sources].flatMap(([file, text]) =>
    importsOf(file, text).flatMap((imported) => {
      const what = whyNot(areaOf(file), areaOf(imported));
      return what === undefined ? [] : [{ where: `${file} imports ${imported}`, what }];
    }),
  );

/** The files that hand a text to a shell. */
export const findShells = (sources: Sources): readonly Violation[] =>
  [...sources]
    .filter(([, text]) => shells.some((pattern) => pattern.test(text)))
    .map(([file]) => ({
      where: `${file} runs a shell`,
      what: 'run the program itself, each of its words apart',
    }));

/** The files that one imports, also types and by import(), as paths below src. */
const importsOf = (file: string, text: string): readonly string[] => {
  const paths = [...text.matchAll(/\b(?:from|import)\s*\(?\s*['"](\.[^'"]+)['"]/g)];
  const files = paths.map(([, path = '']) => posix.join(posix.dirname(file), path));
  return [...new Set(files)].filter((imported) => imported !== '../package.json');
};

/** The folder of a file, or the name of one that is in none. */
const areaOf = (file: string): string => (file.split('/')[0] ?? '').replace(/\.ts$/, '');

const whyNot = (from: string, to: string): string | undefined => {
  if (from === to) return undefined;
  if (from === standalone) return `${standalone} imports nothing from outside itself`;
  if (to === standalone) return `${standalone} is imported by its name`;
  const above = layers.findIndex((areas) => areas.includes(from));
  const below = layers.findIndex((areas) => areas.includes(to));
  if (above === -1 || below === -1) {
    return `${above === -1 ? from : to} has no place in the table of scripts/lint/layers.ts`;
  }
  if (above > below) return `${to} is above ${from}`;
  return above === below ? `${to} is beside ${from}` : undefined;
};
