import assert from 'node:assert/strict';
import { chmod, mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';

import { identifyContent } from '../../../src/rootfs/identity.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const makeTree = async (directory: string): Promise<string> => {
  await mkdir(join(directory, 'etc/deep'), { recursive: true });
  await writeFile(join(directory, 'etc/passwd'), 'root');
  await writeFile(join(directory, 'etc/empty'), '');
  await symlink('passwd', join(directory, 'etc/link'));
  // Not UTF-8.
  await writeFile(Buffer.concat([Buffer.from(`${directory}/`), Buffer.from([0xff, 0xfe])]), '');
  return directory;
};

const identifyPlain = (rootfs: string): string =>
  identifyContent({ rootfs, overlay: undefined, below: [] });

const changes: readonly [what: string, change: (tree: string) => Promise<unknown>][] = [
  ['a file with other content', (tree) => writeFile(join(tree, 'etc/passwd'), 'toor')],
  ['a new file', (tree) => writeFile(join(tree, 'etc/deep/new'), '')],
  ['a removed file', (tree) => rm(join(tree, 'etc/empty'))],
  ['another mode', (tree) => chmod(join(tree, 'etc/deep'), 0o700)],
  ['another name', (tree) => rename(join(tree, 'etc/empty'), join(tree, 'etc/void'))],
  [
    'another target of a link',
    async (tree) => {
      await rm(join(tree, 'etc/link'));
      await symlink('shadow', join(tree, 'etc/link'));
    },
  ],
];
for (const [what, change] of changes) {
  test(`a directory with ${what} gets another name`, async (t) => {
    const tree = await makeTree(await temporaryDirectory(t));
    const before = identifyPlain(tree);
    assert.equal(identifyPlain(tree), before);
    await change(tree);
    assert.notEqual(identifyPlain(tree), before);
  });
}

test('what is mounted below a rootfs counts', async (t) => {
  const directory = await temporaryDirectory(t);
  const rootfs = await makeTree(join(directory, 'rootfs'));
  const volume = await makeTree(join(directory, 'volume'));
  const overlay = { lower: [rootfs], upper: undefined };
  const identify = (): string => identifyContent({ rootfs, overlay, below: [volume] });
  const before = identify();
  assert.notEqual(identifyContent({ rootfs, overlay, below: [] }), before);
  await writeFile(join(volume, 'etc/passwd'), 'toor');
  assert.notEqual(identify(), before);
});

test('where something is mounted below a rootfs counts', async (t) => {
  const directory = await temporaryDirectory(t);
  const rootfs = await makeTree(join(directory, 'rootfs'));
  await makeTree(join(directory, 'volumes/one'));
  const overlay = { lower: [rootfs], upper: undefined };
  const names = [];
  for (const place of ['a', 'b']) {
    await symlink('volumes', join(directory, place));
    const below = [join(directory, place, 'one')];
    names.push(identifyContent({ rootfs: directory, overlay, below }));
  }
  assert.notEqual(names[0], names[1]);
});

interface Container {
  readonly name: string;
  readonly init?: string;
  readonly upper?: (directory: string) => Promise<unknown>;
  /** What the merged directory shows of /etc. */
  readonly seen?: readonly string[];
}

const makeContainers = async (t: TestContext) => {
  const directory = await temporaryDirectory(t);
  const layer = await makeTree(join(directory, 'layers/1/diff'));
  /** The name of a container's content, whose rootfs is an overlay of the one layer. */
  return async ({ name, init, upper, seen = [] }: Container): Promise<string> => {
    const rootfs = join(directory, name, 'merged');
    await mkdir(join(rootfs, 'etc'), { recursive: true });
    for (const file of seen) await writeFile(join(rootfs, 'etc', file), '');
    const own = join(directory, name, 'diff');
    await mkdir(own);
    await upper?.(own);
    const initLayer = join(directory, `${name}-init/diff`);
    if (init !== undefined) {
      await mkdir(initLayer, { recursive: true });
      await writeFile(join(initLayer, 'hosts'), init);
    }
    const lower = [...(init === undefined ? [] : [initLayer]), layer];
    return identifyContent({ rootfs, overlay: { lower, upper: own }, below: [] });
  };
};

test('containers of the same layers, to which nothing is added, have one name', async (t) => {
  const identify = await makeContainers(t);
  assert.equal(await identify({ name: 'a' }), await identify({ name: 'b' }));
});

test("docker's empty layer of each container does not count, unless it is not empty", async (t) => {
  const identify = await makeContainers(t);
  const one = await identify({ name: 'a', init: '' });
  assert.equal(await identify({ name: 'b', init: '' }), one);
  assert.notEqual(await identify({ name: 'c', init: 'x' }), one);
  assert.notEqual(await identify({ name: 'd' }), one);
});

test('a link that an engine has made in each container does not part them', async (t) => {
  const identify = await makeContainers(t);
  const upper = async (directory: string) => {
    await mkdir(join(directory, 'etc'));
    await symlink('/proc/mounts', join(directory, 'etc/mtab'));
  };
  const one = await identify({ name: 'a', upper });
  assert.equal(await identify({ name: 'b', upper }), one);
  assert.notEqual(await identify({ name: 'c' }), one);
});

test('files that a container has written part it from others', async (t) => {
  const identify = await makeContainers(t);
  const upper = (directory: string) => writeFile(join(directory, 'data'), 'x');
  assert.notEqual(await identify({ name: 'a', upper }), await identify({ name: 'b', upper }));
});

test('a directory that hides what is below it is seen to do so', async (t) => {
  const identify = await makeContainers(t);
  const upper = (directory: string) => mkdir(join(directory, 'etc'));
  assert.notEqual(
    await identify({ name: 'a', upper, seen: ['passwd'] }),
    await identify({ name: 'b', upper }),
  );
});

test('layers whose place is not known are as good as none: the whole is looked at', async (t) => {
  const directory = await temporaryDirectory(t);
  const rootfs = await makeTree(join(directory, 'merged'));
  const overlay = { lower: ['l/AB', 'l/CD'], upper: undefined };
  const before = identifyContent({ rootfs, overlay, below: [] });
  await writeFile(join(rootfs, 'etc/passwd'), 'toor');
  assert.notEqual(identifyContent({ rootfs, overlay, below: [] }), before);
});
