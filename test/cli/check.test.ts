import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { type TestContext, describe, test } from 'node:test';

import type { Point } from '../../src/check/point.ts';
import { renderCpio } from '../../src/guest/cpio.ts';
import { bzImage } from '../support/binaries.ts';
import { cliProgram } from '../support/built-cli.ts';
import { type FakeDom0, makeFakeDom0 } from '../support/fake-dom0.ts';
import type { CliResult } from '../support/run-cli.ts';

const info = await readFile(new URL('../fixtures/xl/info.txt', import.meta.url), 'utf8');

const makeHost = async (t: TestContext): Promise<FakeDom0> => {
  const dom0 = await makeFakeDom0(t);
  await dom0.plan('info', info);
  await writeFile(dom0.path('kernel'), bzImage);
  await writeFile(dom0.path('ramdisk'), renderCpio([]));
  return dom0;
};

interface Report {
  readonly verdict: string;
  readonly points: readonly (Point & { readonly remedy?: string })[];
}

const reportOf = ({ stdout }: CliResult): Report => JSON.parse(stdout);

/** What `runx check` says about these points; the others depend on this machine. */
const check = async (
  dom0: FakeDom0,
  names: readonly string[],
  args: readonly string[] = [],
): Promise<readonly string[]> => {
  const { points } = reportOf(await dom0.runx([...args, 'check', '--json']));
  return names.map((name) => {
    const point = points.find((one) => one.name === name);
    return point === undefined ? `no ${name}` : `${point.status} ${name}: ${point.found}`;
  });
};

describe('runx check', { concurrency: 4 }, () => {
  test('finds what runx.toml names, and asks xl about Xen', async (t) => {
    const dom0 = await makeHost(t);
    const names = ['configuration', 'xl', 'xen', 'scheduler', 'memory', 'domain-type', 'monitor'];
    const own = ['9p', 'images', 'state-directory', 'data-root'];
    assert.deepEqual(await check(dom0, [...names, ...own]), [
      `ok configuration: ${dom0.configFile}`,
      `ok xl: ${dom0.xl}`,
      'ok xen: 4.17.7',
      'ok scheduler: credit2',
      'ok memory: 4032 of 6143 MiB free',
      'ok domain-type: pv',
      `ok monitor: ${dom0.path('bin/runx-monitor')}`,
      `ok 9p: ${dom0.path('bin/diod')}`,
      `ok images: ${dom0.path('bin/mkfs.erofs')}`,
      `ok state-directory: ${dom0.root}`,
      `ok data-root: ${dom0.path('data')}`,
    ]);
    assert.deepEqual(dom0.xlCalls(), [['info'], ['list', 'Xenstore']]);
    assert.deepEqual([dom0.exists('root'), dom0.exists('data')], [false, false]);
  });

  test(
    'knows a kernel and a ramdisk by what is in them',
    { skip: process.arch === 'x64' ? false : 'the kernel is one for x86_64' },
    async (t) => {
      const dom0 = await makeHost(t);
      const names = ['kernel', 'kernel-options', 'ramdisk'];
      assert.deepEqual(await check(dom0, names), [
        `ok kernel: ${dom0.path('kernel')}, x86_64`,
        'no kernel-options',
        `ok ramdisk: ${dom0.path('ramdisk')}`,
      ]);
      await writeFile(dom0.path('kernel'), 'kernel');
      await writeFile(dom0.path('kernel.config'), 'CONFIG_XEN=y\n');
      await rm(dom0.path('ramdisk'));
      const [kernel, options = '', ramdisk] = await check(dom0, names);
      assert.equal(
        kernel,
        `error kernel: ${dom0.path('kernel')} is not a kernel (bzImage, Image or ELF)`,
      );
      assert.match(options, /^error kernel-options: \S+\/kernel\.config lacks CONFIG_HVC_XEN, /);
      assert.equal(ramdisk, `error ramdisk: ${dom0.path('ramdisk')} does not exist`);
    },
  );

  test('with an error, the exit code is 1 and standard error is empty', async (t) => {
    const dom0 = await makeHost(t);
    await dom0.configure({ monitor: dom0.path('none') });
    const result = await dom0.runx(['check']);
    assert.deepEqual([result.exitCode, result.stderr], [1, '']);
    const lines = result.stdout.split('\n');
    assert.ok(
      lines.includes(
        `error    monitor: ${dom0.path('none')} does not exist; install runx again, or set monitor in runx.toml to the path of runx-monitor`,
      ),
      result.stdout,
    );
    assert.match(
      lines.at(-2) ?? '',
      /^this host cannot run containers: [1-9]\d* errors?, \d+ warnings?$/,
    );
    for (const line of lines.slice(0, -2)) assert.match(line, /^(ok {7}|warning {2}|error {4})\S/);
  });

  test('the verdict decides the exit code, and is that of the points', async (t) => {
    const dom0 = await makeHost(t);
    const result = await dom0.runx(['check', '--json']);
    const { verdict, points } = reportOf(result);
    const statuses = new Set(points.map(({ status }) => status));
    const worst = (['error', 'warning', 'ok'] as const).find((status) => statuses.has(status));
    assert.equal(verdict, worst);
    assert.equal(result.exitCode, verdict === 'error' ? 1 : 0);
    assert.equal(result.stderr, '');
  });

  test('every point has a name of its own, a finding, and a remedy unless it is in order', async (t) => {
    const dom0 = await makeHost(t);
    const { points } = reportOf(await dom0.runx(['check', '--json']));
    assert.equal(new Set(points.map(({ name }) => name)).size, points.length);
    for (const { name, status, found, remedy, ...others } of points) {
      assert.match(name, /^[a-z0-9]+(-[a-z]+)*$/);
      assert.match(found, /\S/);
      assert.equal(remedy === undefined, status === 'ok', name);
      assert.deepEqual(others, {});
    }
  });

  test(
    'a machine that is no Dom0 is told so, and the rest is said all the same',
    { skip: existsSync('/proc/xen/capabilities') ? 'this machine runs on Xen' : false },
    async (t) => {
      const dom0 = await makeHost(t);
      await dom0.configure({ xl: 'no-such-xl' });
      const result = await dom0.runx(['check', '--json']);
      assert.equal(result.exitCode, 1);
      assert.deepEqual(await check(dom0, ['dom0', 'xl', 'xen', 'memory', '9p']), [
        'error dom0: this machine does not run on Xen',
        'error xl: no-such-xl was not found',
        'no xen',
        'no memory',
        `ok 9p: ${dom0.path('bin/diod')}`,
      ]);
    },
  );

  test('what xl said when it failed is in its point', async (t) => {
    const dom0 = await makeHost(t);
    await dom0.plan('info.stderr', 'libxl: no privileges\n');
    assert.deepEqual(await check(dom0, ['xl', 'xen']), [
      `error xl: ${dom0.xl} info failed with exit code 3: libxl: no privileges`,
      'no xen',
    ]);
  });

  test('a wrong runx.toml is a point among the others', async (t) => {
    const dom0 = await makeHost(t);
    await writeFile(dom0.configFile, 'memory_mib = "much"\n');
    const [configuration = '', state] = await check(dom0, ['configuration', 'state-directory']);
    assert.match(configuration, /^error configuration: \S+\/runx\.toml: memory_mib: .*defaults\)$/);
    assert.match(state ?? '', /^(ok|error) state-directory: \/run\/runx/);
    const missing = await check(dom0, ['configuration'], ['--config', dom0.path('none')]);
    assert.match(missing[0] ?? '', /^error configuration: \S+\/none: ENOENT/);
  });

  test('--root is the state directory that is looked at', async (t) => {
    const dom0 = await makeHost(t);
    const root = dom0.path('runx.toml/below');
    assert.deepEqual(await check(dom0, ['state-directory'], ['--root', root]), [
      `error state-directory: ${root}: ${dom0.path('runx.toml')} is not a directory`,
    ]);
  });

  test('CNI plugins are those of cni_path', async (t) => {
    const dom0 = await makeHost(t);
    await dom0.configure({ cni_path: [dom0.path('bin')] });
    assert.deepEqual(await check(dom0, ['cni-plugins']), [
      'ok cni-plugins: diod, mkfs.erofs, node, runx-monitor, xentop, xl',
    ]);
    await dom0.configure({ cni_path: [dom0.path('none')] });
    assert.deepEqual(await check(dom0, ['cni-plugins']), [
      `warning cni-plugins: no plugins in ${dom0.path('none')}: NETCONF does not work`,
    ]);
  });

  test('colours are for terminals that have them, and for users who want them', async (t) => {
    const dom0 = await makeHost(t);
    const words = [process.execPath, cliProgram, '--config', dom0.configFile, 'check'];
    const onTerminal = (env: Record<string, string>): string =>
      execFileSync('script', ['-qc', words.map((word) => `'${word}'`).join(' '), '/dev/null'], {
        env,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'inherit'],
      });
    const escape = '\u001B';
    const coloured = `${escape}[32mok     ${escape}[0m  xl: `;
    assert.ok(onTerminal({ TERM: 'xterm-256color' }).includes(coloured));
    assert.ok(!onTerminal({ TERM: 'xterm-256color', NO_COLOR: '1' }).includes(escape));
    assert.ok(!onTerminal({ TERM: 'dumb' }).includes(escape));
    const { stdout } = await dom0.runx(['check'], { env: { TERM: 'xterm-256color' } });
    assert.ok(!stdout.includes(escape));
  });
});
