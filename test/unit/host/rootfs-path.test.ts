import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';

import { resolveInRootfs } from '../../../src/host/rootfs-path.ts';
import { makeFileTree } from '../../support/file-tree.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

// A host directory with a rootfs in it, and a file beside the rootfs that no path
// may reach; returns what `path` resolves to, relative to the rootfs.
const resolver = async (t: TestContext, links: Readonly<Record<string, string>>) => {
  const host = await temporaryDirectory(t);
  const rootfs = join(host, 'rootfs');
  await makeFileTree(host, { files: ['secret', 'bin/sh', 'rootfs/bin/sh', 'rootfs/etc/deep/'] });
  await makeFileTree(rootfs, { links });
  return async (path: string): Promise<string | undefined> => {
    const found = await resolveInRootfs(rootfs, path);
    if (found === undefined) return undefined;
    assert.ok(found === rootfs || found.startsWith(`${rootfs}/`), `${found} is in the rootfs`);
    return found.slice(rootfs.length);
  };
};

test('a plain path is found', async (t) => {
  const resolve = await resolver(t, {});
  assert.equal(await resolve('/bin/sh'), '/bin/sh');
  assert.equal(await resolve('//bin/.///sh/'), '/bin/sh');
});

test('a path that is not there is undefined', async (t) => {
  const resolve = await resolver(t, {});
  assert.equal(await resolve('/bin/bash'), undefined);
  assert.equal(await resolve('/nowhere/sh'), undefined);
});

test('a path through a file is undefined', async (t) => {
  const resolve = await resolver(t, {});
  assert.equal(await resolve('/bin/sh/x'), undefined);
});

test('".." does not climb out of the rootfs', async (t) => {
  const resolve = await resolver(t, {});
  assert.equal(await resolve('/../secret'), undefined);
  assert.equal(await resolve('/etc/../../../bin/sh'), '/bin/sh');
  assert.equal(await resolve('../..'), '');
});

test("an absolute link starts at the container's root", async (t) => {
  const resolve = await resolver(t, { 'usr/bin': '/bin', 'etc/sh': '/bin/sh' });
  assert.equal(await resolve('/usr/bin/sh'), '/bin/sh');
  assert.equal(await resolve('/etc/sh'), '/bin/sh');
});

test('a relative link starts at its own directory', async (t) => {
  const resolve = await resolver(t, { 'etc/deep/sh': '../../bin/sh' });
  assert.equal(await resolve('/etc/deep/sh'), '/bin/sh');
});

test('a link that climbs out ends at the root', async (t) => {
  const resolve = await resolver(t, {
    'etc/up': '../../../../../../secret',
    'etc/parent': '../../..',
    'etc/deep/shell': '../../../../bin/sh',
  });
  assert.equal(await resolve('/etc/up'), undefined);
  assert.equal(await resolve('/etc/parent'), '');
  assert.equal(await resolve('/etc/parent/secret'), undefined);
  assert.equal(await resolve('/etc/deep/shell'), '/bin/sh');
});

test('a link by an absolute host path does not leave the rootfs', async (t) => {
  const resolve = await resolver(t, { 'etc/passwd': '/etc/passwd', 'proc/self': process.cwd() });
  assert.equal(await resolve('/etc/passwd'), undefined);
  assert.equal(await resolve('/proc/self'), undefined);
});

test('links to links are followed', async (t) => {
  const resolve = await resolver(t, { a: 'b', b: '/c/d', c: 'etc/../etc', 'etc/d': '/bin' });
  assert.equal(await resolve('/a/sh'), '/bin/sh');
});

test('".." after a link is relative to its target', async (t) => {
  const resolve = await resolver(t, { link: '/etc/deep' });
  assert.equal(await resolve('/link/..'), '/etc');
});

test('links in a circle are undefined', async (t) => {
  const resolve = await resolver(t, { a: 'b', b: 'a', self: 'self', 'etc/in': '/etc/in/x' });
  assert.equal(await resolve('/a'), undefined);
  assert.equal(await resolve('/self'), undefined);
  assert.equal(await resolve('/etc/in'), undefined);
});

test('a link to nothing is undefined', async (t) => {
  const resolve = await resolver(t, { dangling: '/nowhere', empty: 'nowhere/' });
  assert.equal(await resolve('/dangling'), undefined);
  assert.equal(await resolve('/empty'), undefined);
});

test('a name that no file can have is undefined', async (t) => {
  const resolve = await resolver(t, { long: 'x'.repeat(300) });
  assert.equal(await resolve(`/${'x'.repeat(300)}`), undefined);
  assert.equal(await resolve('/long'), undefined);
});
