import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

export interface FileTree {
  /** A name that ends in a slash is an empty directory. */
  readonly files?: readonly string[];
  readonly executables?: readonly string[];
  /** Target of each symbolic link. */
  readonly links?: Readonly<Record<string, string>>;
}

/** Makes files, which hold nothing, and links below `root`. */
export const makeFileTree = async (root: string, tree: FileTree): Promise<void> => {
  for (const name of [...(tree.files ?? []), ...(tree.executables ?? [])]) {
    const path = join(root, name);
    await mkdir(name.endsWith('/') ? path : dirname(path), { recursive: true });
    if (!name.endsWith('/')) await writeFile(path, '');
  }
  for (const name of tree.executables ?? []) await chmod(join(root, name), 0o755);
  for (const [name, target] of Object.entries(tree.links ?? {})) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await symlink(target, join(root, name));
  }
};
