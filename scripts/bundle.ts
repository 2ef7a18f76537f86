// Bundles the CLI into one CommonJS file, with the licenses of what is in it:
// bundle.ts OUTPUT-DIRECTORY
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { type Plugin, build as bundle } from 'esbuild';

import { renderNotices } from './bundle-notices.ts';

const [output] = process.argv.slice(2);
if (output === undefined) throw new Error('usage: bundle.ts OUTPUT-DIRECTORY');

mkdirSync(output, { recursive: true });

// In one step: the bundle that is there may be in use.
const put = (name: string, content: string | Uint8Array, mode: number): void => {
  const file = join(output, name);
  writeFileSync(`${file}.new`, content, { mode });
  renameSync(`${file}.new`, file);
};

// What yargs does at every start and runx has no use for: the help of a command that is run,
// laid out in case it fails, and node:assert. Together they cost 8 ms.
const patches = [
  {
    file: /yargs\/build\/lib\/command\.js$/,
    text: 'yargs.getInternalMethods().getUsageInstance().cacheHelpMessage();',
    by: '',
  },
  {
    file: /yargs\/lib\/platform-shims\/esm\.mjs$/,
    text: "import { notStrictEqual, strictEqual } from 'assert'",
    by: `const check = (holds, message) => { if (!holds) throw new Error(message); };
         const notStrictEqual = (one, other, message) => check(!Object.is(one, other), message);
         const strictEqual = (one, other, message) => check(Object.is(one, other), message);`,
  },
];

const patched: Plugin = {
  name: 'patched',
  setup(build) {
    for (const { file, text, by } of patches) {
      build.onLoad({ filter: file }, ({ path }) => {
        const [before = '', after, ...more] = readFileSync(path, 'utf8').split(text);
        if (after === undefined || more.length > 0) throw new Error(`${path} is not as it was`);
        return { contents: before + by + after, loader: 'js' };
      });
    }
  },
};

const { metafile, outputFiles } = await bundle({
  entryPoints: ['src/main.ts'],
  outfile: join(output, 'main.cjs'),
  bundle: true,
  minify: true,
  keepNames: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  metafile: true,
  write: false,
  legalComments: 'none',
  logLevel: 'warning',
  // yargs lays out help with it; its Intl.Segmenter costs 20 ms at every start, and
  // our help is ASCII.
  alias: { 'string-width': fileURLToPath(new URL('ascii-width.ts', import.meta.url)) },
  plugins: [patched],
  // ESM dependencies ask where they are; in the bundle that is the bundle itself.
  define: { 'import.meta.url': 'importMetaUrl' },
  banner: { js: "const importMetaUrl=require('node:url').pathToFileURL(__filename).href;" },
});

// The licenses of what is in it want their texts to be with it.
const sources = Object.values(metafile.outputs).flatMap(({ inputs }) => Object.keys(inputs));
put('notices.txt', renderNotices(sources), 0o644);
for (const { contents } of outputFiles) put('main.cjs', contents, 0o644);

// A file apart, because the cache works on what is loaded after it is enabled.
put(
  'runx.cjs',
  [
    '#!/usr/bin/env node',
    "require('node:module').enableCompileCache?.('/var/cache/runx');",
    "require('./main.cjs');",
    '',
  ].join('\n'),
  0o755,
);
