import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import metadata from '../../package.json' with { type: 'json' };
import { temporaryDirectory } from '../support/temporary-directory.ts';

const checkout = fileURLToPath(new URL('../..', import.meta.url));

const make = (): readonly string[] =>
  execFileSync(join(checkout, 'scripts/package'), {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
    .trim()
    .split('\n');

const sum = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex');

const output = (file: string, ...args: readonly string[]): string =>
  execFileSync(file, args, { encoding: 'utf8' });

/** The program works where it is, and finds what is beside it. */
const assertWorks = (program: string): void => {
  assert.equal(output(program, '--version').split('\n')[0], `runx version ${metadata.version}`);
  let report = '';
  try {
    report = output(program, 'check', '--json');
  } catch (error) {
    // No host without Xen passes, and that is said with the report.
    if (error instanceof Error && 'stdout' in error) report = String(error.stdout);
  }
  const { points }: { points: { name: string; status: string; found: string }[] } =
    JSON.parse(report);
  for (const name of ['monitor', 'kernel', 'ramdisk']) {
    const point = points.find((other) => other.name === name);
    assert.equal(point?.status, 'ok', point?.found);
  }
};

describe('packages', () => {
  let [deb = '', tar = '', npm = '']: readonly string[] = [];
  before(() => {
    [deb = '', tar = '', npm = ''] = make();
  });

  test('made again they have the same bytes', () => {
    const first = [deb, tar, npm].map(sum);
    assert.deepEqual(make().map(sum), first);
  });

  test('Debian: what it holds, and who owns it', async (t) => {
    const field = (name: string): string => output('dpkg-deb', '-f', deb, name).trim();
    assert.equal(field('Version'), metadata.version);
    assert.match(field('Depends'), /\bnodejs \(>= 20\.19\)/);
    assert.match(field('Built-Using'), /^busybox \(= \S+\), linux \(= \S+\), musl \(= \S+\)$/);

    const listed = output('dpkg-deb', '-c', deb).trimEnd().split('\n');
    for (const line of listed) assert.match(line, /^[-dl][rwx-]{9} root\/root /);
    const writable = listed.filter((line) => !line.startsWith('l') && /^.{5}w|^.{8}w/.test(line));
    assert.deepEqual(writable, []);

    const root = await temporaryDirectory(t);
    execFileSync('dpkg-deb', ['-R', deb, root]);
    assert.equal(readFileSync(join(root, 'DEBIAN/conffiles'), 'utf8'), '/etc/runx/runx.toml\n');
    execFileSync('md5sum', ['--quiet', '-c', 'DEBIAN/md5sums'], { cwd: root });
    const pages = readdirSync(join(root, 'usr/share/man/man8'));
    for (const page of ['runx.8.gz', 'runx-create.8.gz', 'runx-completion.8.gz']) {
      assert.ok(pages.includes(page), page);
    }
    for (const path of [
      'usr/share/man/man5/runx.toml.5.gz',
      'usr/share/bash-completion/completions/runX',
      'usr/share/zsh/vendor-completions/_runx',
      'usr/share/fish/vendor_completions.d/runx.fish',
      'usr/share/doc/runx/changelog.gz',
      'usr/share/doc/runx/copyright',
      'usr/share/doc/runx/examples/hello/config.json',
      'usr/lib/systemd/system/runx@.service',
      'usr/lib/systemd/system/multi-user.target.wants/runx-gc.service',
      'usr/sbin/runX',
    ]) {
      assert.ok(statSync(join(root, path)).size > 0, path);
    }
    assert.ok(statSync(join(root, 'var/cache/runx')).isDirectory());
    assertWorks(join(root, 'usr/bin/runx'));
  });

  test('tar: unpacked anywhere it works', async (t) => {
    assert.equal(
      output('tar', '--numeric-owner', '-tvzf', tar)
        .split('\n')
        .find((line) => line !== '' && !/^[-dl][rwx-]{9} 0\/0 /.test(line)),
      undefined,
    );
    const root = await temporaryDirectory(t);
    execFileSync('tar', ['-C', root, '-xzf', tar]);
    assertWorks(join(root, 'usr/bin/runx'));
    assertWorks(join(root, 'usr/sbin/runX'));
  });

  test('npm: installed globally without a registry, it works', async (t) => {
    const prefix = await temporaryDirectory(t);
    execFileSync(
      'npm',
      ['install', '--global', '--offline', '--no-audit', '--no-fund', '--prefix', prefix, npm],
      { stdio: 'ignore', env: { ...process.env, npm_config_cache: join(prefix, 'cache') } },
    );
    assertWorks(join(prefix, 'bin/runx'));
    assertWorks(join(prefix, 'bin/runX'));
    assert.ok(existsSync(join(prefix, 'share/man/man8/runx-create.8')), 'with its man pages');
    const installed = join(prefix, 'lib/node_modules/runx');
    assert.equal(existsSync(join(installed, 'node_modules')), false, 'all is in the bundle');
    assert.equal(existsSync(join(installed, 'src')), false);
    for (const name of ['README.md', 'CHANGELOG.md', 'LICENSE', 'build/npm/copyright']) {
      assert.ok(existsSync(join(installed, name)), name);
    }
  });
});
