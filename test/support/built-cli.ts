import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const checkout = fileURLToPath(new URL('../..', import.meta.url));

const bundle = (): string => {
  const directory = mkdtempSync(join(tmpdir(), 'runx-test-bundle-'));
  process.on('exit', () => rmSync(directory, { recursive: true, force: true }));
  execFileSync(process.execPath, ['--import', 'tsx', 'scripts/bundle.ts', directory], {
    cwd: checkout,
  });
  return directory;
};

/** The CLI as it is installed: that of the directory RUNX_BUNDLE, or one bundled now. */
export const cliProgram = join(process.env['RUNX_BUNDLE'] ?? bundle(), 'runx.cjs');
