// Checks the direction of imports in src, and that no text is handed to a shell there.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import { report, renderViolations } from './exceptions.ts';
import { findShells, findWrongImports } from './layers.ts';

// As the check names them; one that is no longer needed is an error, too.
const known: readonly string[] = [];

const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((file) =>
  file.endsWith('.ts'),
);
const sources = new Map(
  files.toSorted().map((file) => [file, readFileSync(join('src', file), 'utf8')]),
);
report(renderViolations([...findWrongImports(sources), ...findShells(sources)], known));
