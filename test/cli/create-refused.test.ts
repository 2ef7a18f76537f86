import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, describe, test } from 'node:test';

import { assertFails } from '../support/assert-result.ts';
import { type FakeDom0, makeFakeDom0 } from '../support/fake-dom0.ts';
import { minimalSpec, specText } from '../support/spec.ts';

type Args = readonly string[];

interface Refusal {
  readonly what: string;
  /** Makes what is wrong; returns other arguments for create, if it takes others. */
  readonly arrange: (dom0: FakeDom0, bundle: string) => Promise<Args | void>;
  readonly sentence: (dom0: FakeDom0, bundle: string) => string;
}

const missing = (path: string): string => `ENOENT: no such file or directory, access '${path}'`;

const writeSpec = (bundle: string, changes: object): Promise<void> =>
  writeFile(join(bundle, 'config.json'), specText(changes));

const writeProcess = (bundle: string, changes: object): Promise<void> =>
  writeSpec(bundle, { process: { ...minimalSpec.process, ...changes } });

const refusals: readonly Refusal[] = [
  {
    what: 'a bundle that is not there',
    arrange: async (_, bundle) => ['--bundle', join(bundle, 'nowhere'), 'web'],
    sentence: (_, bundle) => `bundle ${bundle}/nowhere does not exist`,
  },
  {
    what: 'a bundle that is a file',
    arrange: async (_, bundle) => ['--bundle', join(bundle, 'config.json'), 'web'],
    sentence: (_, bundle) => `bundle ${bundle}/config.json is not a directory`,
  },
  {
    what: 'a bundle without config.json',
    arrange: (_, bundle) => rm(join(bundle, 'config.json')),
    sentence: (_, bundle) =>
      `${bundle}/config.json does not exist; to write one, run: runx spec --bundle ${bundle}`,
  },
  {
    what: 'a config.json that is a FIFO, without waiting for its other end',
    arrange: async (_, bundle) => {
      await rm(join(bundle, 'config.json'));
      execFileSync('mkfifo', [join(bundle, 'config.json')]);
    },
    sentence: (_, bundle) => `${bundle}/config.json is not a regular file`,
  },
  {
    what: 'a config.json that is larger than any engine writes',
    arrange: (_, bundle) => truncate(join(bundle, 'config.json'), 16 * 1024 * 1024 + 1),
    sentence: (_, bundle) => `${bundle}/config.json is larger than 16 MiB`,
  },
  {
    what: 'a config.json that is cut off',
    arrange: (_, bundle) => writeFile(join(bundle, 'config.json'), '{"ociVersion":'),
    sentence: (_, bundle) => `${bundle}/config.json is not JSON: Unexpected end of JSON input`,
  },
  {
    what: 'a config.json without process.args',
    arrange: (_, bundle) => writeProcess(bundle, { args: undefined }),
    sentence: (_, bundle) =>
      `${bundle}/config.json: process.args: Invalid key: Expected "args" but received undefined`,
  },
  {
    what: 'a rootfs that is not there',
    arrange: (_, bundle) => rm(join(bundle, 'rootfs'), { recursive: true }),
    sentence: (_, bundle) => `rootfs ${bundle}/rootfs does not exist`,
  },
  {
    what: 'a command that is not on PATH',
    arrange: (_, bundle) => writeProcess(bundle, { args: ['bash'] }),
    sentence: () => 'exec: "bash": executable file not found in $PATH',
  },
  {
    what: 'a command that is not in the rootfs',
    arrange: (_, bundle) => writeProcess(bundle, { args: ['/bin/bash'] }),
    sentence: () => 'exec: "/bin/bash": stat /bin/bash: no such file or directory',
  },
  {
    what: 'an annotation that runx.toml does not allow',
    arrange: (_, bundle) => writeSpec(bundle, { annotations: { 'io.runx.memory_mib': '512' } }),
    sentence: () =>
      'annotation io.runx.memory_mib is not allowed: add it to annotations in runx.toml',
  },
  {
    what: 'a limit that no domain has',
    arrange: (_, bundle) =>
      writeSpec(bundle, { linux: { resources: { cpu: { realtimeRuntime: 1000 } } } }),
    sentence: () => 'config.json: linux.resources.cpu.realtimeRuntime is not supported',
  },
  {
    what: 'a terminal without a console socket',
    arrange: (_, bundle) => writeProcess(bundle, { terminal: true }),
    sentence: () => 'cannot allocate tty if runx will detach without setting console socket',
  },
  {
    what: 'a console socket without a terminal',
    arrange: async (_, bundle) => ['--bundle', bundle, '--console-socket', '/s', 'web'],
    sentence: () => 'cannot use console socket if runx will not detach or allocate tty',
  },
  {
    what: 'a guest kernel that is not there',
    arrange: (dom0) => rm(dom0.path('kernel')),
    sentence: (dom0) => `guest kernel ${dom0.path('kernel')}: ${missing(dom0.path('kernel'))}`,
  },
  {
    what: 'a ramdisk that is not there',
    arrange: (dom0) => rm(dom0.path('ramdisk')),
    sentence: (dom0) => {
      const file = dom0.path('ramdisk');
      return `ramdisk ${file}: ENOENT: no such file or directory, open '${file}'`;
    },
  },
  {
    what: 'a monitor that is not there',
    arrange: (dom0) => dom0.configure({ monitor: dom0.path('no-monitor') }),
    sentence: (dom0) => `${dom0.path('no-monitor')} was not found`,
  },
  {
    what: 'an xl that is not on PATH',
    arrange: (dom0) => dom0.configure({ xl: 'xl-of-no-host' }),
    sentence: () =>
      'xl-of-no-host was not found: runx needs a Xen Dom0 with the xl toolstack: run "runx check", or set xl in runx.toml',
  },
  {
    what: 'a runx.toml that is not there',
    arrange: (dom0) => rm(dom0.configFile),
    sentence: (dom0) =>
      `${dom0.configFile}: ENOENT: no such file or directory, open '${dom0.configFile}'`,
  },
];

const assertNothingWasDone = (dom0: FakeDom0): void => {
  assert.deepEqual(dom0.xlCalls(), []);
  assert.deepEqual(dom0.monitorCalls(), []);
};

describe('runx create refuses', { concurrency: 4 }, () => {
  for (const { what, arrange, sentence } of refusals) {
    test(what, async (t) => {
      const dom0 = await makeFakeDom0(t);
      const bundle = await dom0.makeBundle('bundle');
      const args = (await arrange(dom0, bundle)) ?? ['--bundle', bundle, 'web'];
      assertFails(await dom0.runx(['create', ...args]), sentence(dom0, bundle));
      assertNothingWasDone(dom0);
      assert.deepEqual(dom0.containers(), []);
    });
  }

  test('a config.json that is not JSON, in one line however many it has', async (t) => {
    const dom0 = await makeFakeDom0(t);
    const bundle = await dom0.makeBundle('bundle');
    await writeFile(join(bundle, 'config.json'), 'not\njson\n');
    const { exitCode, stderr } = await dom0.runx(['create', '--bundle', bundle, 'web']);
    assert.equal(exitCode, 1);
    assert.match(stderr, /^runx: \S+config.json is not JSON: Unexpected token .*\n$/);
  });

  test('a state directory that is a file', async (t) => {
    const dom0 = await makeFakeDom0(t);
    const bundle = await dom0.makeBundle('bundle');
    await writeFile(dom0.root, '');
    const { exitCode, stderr } = await dom0.runx(['create', '--bundle', bundle, 'web']);
    assert.equal(exitCode, 1);
    assert.match(stderr, new RegExp(`^runx: state directory ${dom0.root}.*: .*\n$`));
    assertNothingWasDone(dom0);
  });

  const refuseId = async (t: TestContext, id: string, sentence: string): Promise<void> => {
    const dom0 = await makeFakeDom0(t);
    const bundle = await dom0.makeBundle('bundle');
    await mkdir(dom0.path('root'));
    await writeFile(dom0.path('keep'), 'untouched');
    assertFails(await dom0.runx(['create', '--bundle', bundle, id]), sentence);
    assertNothingWasDone(dom0);
    assert.deepEqual(dom0.containers(), []);
  };
  for (const id of ['../keep', '../x', 'a/b', '.', '..', 'a b']) {
    test(`the id ${JSON.stringify(id)}`, (t) =>
      refuseId(
        t,
        id,
        `invalid container id ${JSON.stringify(id)}: use letters, digits, "_", "+", "-" and "."`,
      ));
  }
  test('an empty id', (t) => refuseId(t, '', 'container id must not be empty'));
});
