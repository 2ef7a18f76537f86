// Bundles the CLI into one CommonJS file: bundle.ts OUTPUT-DIRECTORY
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';

const [output] = process.argv.slice(2);
if (output === undefined) throw new Error('usage: bundle.ts OUTPUT-DIRECTORY');

mkdirSync(output, { recursive: true });
await build({
  entryPoints: ['src/main.ts'],
  outfile: join(output, 'main.cjs'),
  bundle: true,
  minify: true,
  keepNames: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  legalComments: 'none',
  logLevel: 'warning',
  // yargs lays out help with it; its Intl.Segmenter costs 20 ms at every start, and
  // our help is ASCII.
  alias: { 'string-width': fileURLToPath(new URL('ascii-width.ts', import.meta.url)) },
  // ESM dependencies ask where they are; in the bundle that is the bundle itself.
  define: { 'import.meta.url': 'importMetaUrl' },
  banner: { js: "const importMetaUrl=require('node:url').pathToFileURL(__filename).href;" },
});

// A file apart, because the cache works on what is loaded after it is enabled.
const launcher = join(output, 'runx.cjs');
writeFileSync(
  launcher,
  [
    '#!/usr/bin/env node',
    "require('node:module').enableCompileCache?.('/var/cache/runx');",
    "require('./main.cjs');",
    '',
  ].join('\n'),
);
chmodSync(launcher, 0o755);
