// Bundles the CLI into CommonJS files, with the licenses of what is in them:
// bundle.ts OUTPUT-DIRECTORY
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { type Plugin, rolldown } from 'rolldown';

import { makeChunks } from './bundle-chunks.ts';
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
  load(id) {
    const patch = patches.find(({ file }) => file.test(id));
    if (patch === undefined) return null;
    const [before = '', after, ...more] = readFileSync(id, 'utf8').split(patch.text);
    if (after === undefined || more.length > 0) throw new Error(`${id} is not as it was`);
    return before + patch.by + after;
  },
};

const chunksOfCommands = makeChunks();
const build = await rolldown({
  input: { main: 'src/main.ts' },
  platform: 'node',
  // yargs lays out help with it; its Intl.Segmenter costs 20 ms at every start, and
  // our help is ASCII.
  resolve: {
    alias: { 'string-width': fileURLToPath(new URL('ascii-width.ts', import.meta.url)) },
  },
  plugins: [patched, chunksOfCommands.plugin],
  preserveEntrySignatures: false,
  // yargs asks for its own place only to extend a configuration, and runx has none.
  transform: { define: { 'import.meta.resolve': 'undefined' } },
  checks: { ineffectiveDynamicImport: false },
});
// A file for what main.ts imports, and one for each part that is imported on demand: to
// parse 640 KB costs as much as half of a start of Node.js.
const { output: chunks } = await build.generate({
  format: 'cjs',
  minify: true,
  keepNames: true,
  entryFileNames: '[name].cjs',
  chunkFileNames: '[name].cjs',
  codeSplitting: {
    includeDependenciesRecursively: false,
    groups: [{ debugName: 'commands', name: chunksOfCommands.nameOf }],
  },
});
await build.close();

// The licenses of what is in it want their texts to be with it.
const sources = chunks.flatMap((chunk) => (chunk.type === 'chunk' ? chunk.moduleIds : []));
put('notices.txt', renderNotices(sources), 0o644);
const current = new Set(['notices.txt', 'runx.cjs', ...chunks.map(({ fileName }) => fileName)]);
for (const chunk of chunks) if (chunk.type === 'chunk') put(chunk.fileName, chunk.code, 0o644);
for (const name of readdirSync(output))
  if (!current.has(name)) rmSync(join(output, name), { recursive: true });

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
