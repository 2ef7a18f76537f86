import { existsSync } from 'node:fs';
import {
  appendFile,
  chmod,
  chown,
  mkdir,
  readdir,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { execa } from 'execa';

import type { RunLogged } from './program.ts';
import type { Directory, Recipe, TextFile, User } from './recipe.ts';

export const suite = 'bookworm';

const fetchScript = fileURLToPath(new URL('fetch', import.meta.url));

const unwanted = [
  './usr/share/doc',
  './usr/share/man',
  './usr/share/locale',
  './usr/share/lintian',
  './usr/lib/*/gconv',
  './usr/lib/systemd',
  './lib/systemd',
  './etc/init.d',
  './etc/apparmor.d',
];

/** Where a tree is made, and of what. */
interface Site {
  readonly root: string;
  /** The directory of the packages' files. */
  readonly debs: string;
  readonly run: RunLogged;
}

const addDirectory = async (root: string, { path, owner, mode }: Directory): Promise<void> => {
  const directory = join(root, path);
  await mkdir(directory, { recursive: true });
  if (owner !== undefined) await chown(directory, owner, owner);
  if (mode !== undefined) await chmod(directory, mode);
};

const addFile = async (root: string, { path, text, mode = 0o644 }: TextFile): Promise<void> => {
  const file = join(root, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
  await chmod(file, mode);
};

const addUser = async (root: string, { name, id, home }: User): Promise<void> => {
  await appendFile(join(root, 'etc/passwd'), `${name}:x:${id}:${id}::${home}:/bin/sh\n`);
  await appendFile(join(root, 'etc/group'), `${name}:x:${id}:\n`);
};

/** The newest file of a package, where an older one lies beside it. */
const findDeb = async (debs: string, name: string): Promise<string> => {
  const files = (await readdir(debs)).filter(
    (file) => file.startsWith(`${name}_`) && file.endsWith('.deb'),
  );
  const dated = await Promise.all(
    files.map(async (file) => ({ file, time: (await stat(join(debs, file))).mtimeMs })),
  );
  const newest = dated.toSorted((one, other) => one.time - other.time).at(-1);
  if (newest === undefined) throw new Error(`${debs} has no package ${name}`);
  return join(debs, newest.file);
};

const unpack = async ({ root, debs }: Site, name: string): Promise<void> => {
  const excludes = unwanted.map((path) => `--exclude=${path}`);
  await execa('dpkg-deb', ['--fsys-tarfile', await findDeb(debs, name)], {
    encoding: 'buffer',
    buffer: false,
  }).pipe('tar', ['-C', root, '--keep-directory-symlink', ...excludes, '-x']);
};

const addBusybox = async (site: Site): Promise<void> => {
  const { root } = site;
  await unpack(site, 'busybox-static');
  const { stdout } = await execa('chroot', [root, '/bin/busybox', '--list']);
  for (const applet of stdout.split('\n')) {
    const link = join(root, 'bin', applet);
    if (!existsSync(link)) await symlink('busybox', link);
  }
};

/** What every image has: the directories, root and nobody, and busybox, for a shell and for exec. */
const addBase = async (site: Site): Promise<void> => {
  const { root } = site;
  for (const name of ['bin', 'sbin', 'lib', 'lib64']) {
    await addDirectory(root, { path: `usr/${name}` });
    await symlink(`usr/${name}`, join(root, name));
  }
  for (const path of ['dev', 'etc', 'home', 'mnt', 'proc', 'run', 'srv', 'sys', 'var']) {
    await addDirectory(root, { path });
  }
  await addDirectory(root, { path: 'root', mode: 0o700 });
  await addDirectory(root, { path: 'tmp', mode: 0o1777 });
  await symlink('/run', join(root, 'var/run'));
  await addFile(root, { path: 'etc/passwd', text: 'root:x:0:0:root:/root:/bin/sh\n' });
  await addFile(root, { path: 'etc/group', text: 'root:x:0:\n' });
  await addUser(root, { name: 'nobody', id: 65_534, home: '/' });
  await addBusybox(site);
};

/** Makes the tree of a recipe in an empty directory. */
export const makeTree = async (site: Site, recipe: Recipe): Promise<void> => {
  const { root, debs, run } = site;
  run(fetchScript, [suite, debs, 'busybox-static', ...recipe.packages]);
  await addBase(site);
  for (const name of recipe.packages) await unpack(site, name);
  for (const path of recipe.removed ?? []) await rm(join(root, path), { recursive: true });
  for (const user of recipe.users ?? []) await addUser(root, user);
  for (const directory of recipe.directories ?? []) await addDirectory(root, directory);
  for (const [path, target] of Object.entries(recipe.links ?? {})) {
    await symlink(target, join(root, path));
  }
  for (const file of recipe.files ?? []) await addFile(root, file);
  for (const command of recipe.checks ?? []) {
    run('unshare', ['--mount', '--pid', '--fork', `--root=${root}`, '--mount-proc', ...command]);
  }
};
