import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { temporaryDirectory } from '../support/temporary-directory.ts';

const checkout = fileURLToPath(new URL('../..', import.meta.url));

const program = `
import { createCni, parseNetworkConfiguration } from 'cni-ts-client';
const list = parseNetworkConfiguration('{"name":"net","type":"a"}', 'a.conf');
const cni = createCni({ path: ['/nowhere'], cacheDir: '/nowhere' });
const error = await cni.getVersionInfo('a').catch((error) => error);
console.log(list.name, error.constructor.name, error.message);
`;

const typed = `
import { convertResult, createCni, parseResult } from 'cni-ts-client';
export const version: '1.1.0' | '1.0.0' = convertResult(parseResult({}), '1.1.0').cniVersion;
export const cni = createCni({ path: [] });
`;

test('the package works in a project of plain JavaScript, and has types', async (t) => {
  const project = await temporaryDirectory(t);
  execFileSync(join(checkout, 'scripts/package-cni'), [project], { stdio: 'pipe' });
  const file = (await readdir(project)).find((name) => name.endsWith('.tgz')) ?? '';
  assert.match(file, /^cni-ts-client-\d+\.\d+\.\d+\.tgz$/);
  const installed = join(project, 'node_modules', 'cni-ts-client');
  await mkdir(installed, { recursive: true });
  execFileSync('tar', ['-xzf', join(project, file), '-C', installed, '--strip-components=1']);
  const modules = join(checkout, 'node_modules');
  await symlink(join(modules, 'valibot'), join(project, 'node_modules', 'valibot'));
  await writeFile(join(project, 'program.mjs'), program);
  const printed = execFileSync(process.execPath, ['program.mjs'], {
    cwd: project,
    encoding: 'utf8',
  });
  assert.equal(printed, 'net PluginNotFoundError plugin a not found in /nowhere\n');

  await writeFile(join(project, 'typed.mts'), typed);
  const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2023'];
  execFileSync(join(modules, '.bin', 'tsc'), [...options, 'typed.mts'], { cwd: project });
});
