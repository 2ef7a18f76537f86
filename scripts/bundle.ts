// Bundles the CLI into one CommonJS file, with the licenses of what is in it:
// bundle.ts OUTPUT-DIRECTORY
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';

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

const { metafile, outputFiles } = await build({
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
