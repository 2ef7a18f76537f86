import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { execa } from 'execa';

import metadata from '../../package.json' with { type: 'json' };
import { inDom0, leftovers, makeBundle } from '../support/dom0.ts';

const script = (name: string): string =>
  fileURLToPath(new URL(`../../scripts/${name}`, import.meta.url));

const place = '/var/tmp/runx-package';

/** Runs a script in the Dom0 that must not fail; what it prints. */
const succeed = async (what: string, args: readonly string[] = []): Promise<string> => {
  const { stdout, stderr, exitCode } = await inDom0(`set -e\n${what}`, args);
  assert.equal(exitCode, 0, `${what}\n${stdout.toString()}${stderr}`);
  return stdout.toString();
};

/** All that is in the root file system but for the records of dpkg and Xen, logs and the tests' files. */
const listFiles = (): Promise<string> =>
  succeed(
    `find / -xdev \\( -path /var/tmp -o -path /var/lib/dpkg -o -path /var/lib/xen -o -path /var/log \\) -prune -o -print |
     sort`,
  );

/** Takes away what scripts/dom0 has installed, until the test ends. */
const takeBuildAway = async (t: TestContext): Promise<void> => {
  const { stdout: root } = await execa(script('build'), { stderr: 'ignore' });
  const { stdout: files } = await execa('find', [root, '-not', '-type', 'd', '-printf', '/%P\\n']);
  t.after(async () => {
    await inDom0(
      `! command -v runx >/dev/null || runx delete --force package
       for package in runx nodejs; do
         [ ! -e "$1/$package.ours" ] || dpkg --purge "$package"
       done
       rm -rf "$1" /run/runx-testbed-build`,
      [place],
    );
    await execa(script('dom0'), ['up', '--built'], { stdio: 'ignore' });
  });
  const { exitCode, stderr } = await inDom0(
    `xargs -d '\\n' rm -f
     rm -rf /usr/lib/runx /etc/runx /usr/share/doc/runx /var/cache/runx /var/lib/runx
     if [ -d /run/runx ]; then rmdir /run/runx; fi`,
    [],
    files,
  );
  assert.equal(exitCode, 0, stderr);
};

/** Copies the package there, and one that stands for a node that no package brought. */
const bringPackages = async (): Promise<void> => {
  const { stdout: file } = await execa(script('package'), ['deb'], { stderr: 'ignore' });
  await inDom0('mkdir -p "$1"; cat >"$1/runx.deb"', [place], await readFile(file));
  await succeed(
    `cd "$1"
     touch runx.ours
     dpkg-query -W nodejs >/dev/null 2>&1 && exit 0
     touch nodejs.ours
     mkdir -p nodejs/DEBIAN
     cat >nodejs/DEBIAN/control <<END
Package: nodejs
Version: $(node --version | tr -d v)
Architecture: all
Maintainer: nobody <nobody@packages.invalid>
Description: stands for the node of this machine
END
     dpkg-deb --build nodejs nodejs.deb >/dev/null
     dpkg --install nodejs.deb >&2`,
    [place],
  );
};

test('the Debian package: installed, used, removed with a container running, purged', async (t) => {
  const has = await inDom0('command -v dpkg >/dev/null || exit 2; ! dpkg-query -W runx');
  if (has.exitCode !== 0) return t.skip('the Dom0 has a package of runx, or no dpkg');
  await takeBuildAway(t);
  const before = await listFiles();
  await bringPackages();

  await t.test('installed, it is ready', async () => {
    const printed = await succeed(
      `dpkg --install "$1/runx.deb" >&2
       dpkg-query -W -f '\${Status} \${Version}\\n' runx
       runx --version | head -n 1
       runX --version | head -n 1
       runx check >&2
       stat -c '%a %U' /var/cache/runx`,
      [place],
    );
    assert.equal(
      printed,
      `install ok installed ${metadata.version}\nrunx version ${metadata.version}\nrunx version ${metadata.version}\n755 root\n`,
    );
  });

  await t.test('a container runs', async () => {
    const bundle = await makeBundle('package', ['/bin/echo', 'from a package']);
    assert.equal(await succeed('runx run --bundle "$1" package', [bundle]), 'from a package\n');
  });

  await t.test('removed, it leaves its configuration, and a container that runs', async () => {
    const bundle = await makeBundle('package-stays', ['/bin/sleep', '1000']);
    const printed = await succeed(
      `runx run --detach --bundle "$1" package </dev/null >/dev/null 2>&1
       runx list --quiet
       dpkg --remove runx 2>&1 >/dev/null | grep '^runx: '
       xl list | grep -c '^package-'
       pgrep -c '^runx-monitor' >/dev/null && echo monitor
       ls /etc/runx
       for path in /usr/bin/runx /usr/sbin/runX /usr/lib/runx /var/cache/runx; do
         [ ! -e "$path" ] || echo "$path is left"
       done`,
      [bundle],
    );
    assert.equal(
      printed,
      'package\nrunx: containers are left: they go on without it, and it knows them when it is installed again\n1\nmonitor\nrunx.toml\n',
    );
  });

  await t.test('installed again, it knows the container', async () => {
    const printed = await succeed(
      `dpkg --install "$1/runx.deb" >&2
       runx list --format json | grep -o '"status":"[a-z]*"'
       runx kill package KILL
       runx delete --force package
       runx list --quiet`,
      [place],
    );
    assert.equal(printed, '"status":"running"\n');
  });

  await t.test('purged, it has never been there', async () => {
    await succeed(
      `dpkg --purge runx >&2
       if [ -e "$1/nodejs.ours" ]; then dpkg --purge nodejs >&2; rm "$1/nodejs.ours"; fi
       rm "$1/runx.ours"
       [ ! -e /run/runx ]`,
      [place],
    );
    assert.equal(await listFiles(), before);
    assert.equal(await leftovers(), '');
  });
});
