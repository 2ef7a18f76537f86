import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

import { temporaryDirectory } from './temporary-directory.ts';

const lack = (): string | false => {
  if (process.getuid?.() !== 0) return 'only root mounts';
  if (!existsSync('/dev/loop-control')) return 'no loop devices';
  const known = readFileSync('/proc/filesystems', 'utf8');
  return known.includes('\text4\n') ? false : 'this kernel has no ext4';
};

/** Skips a test where there are no block devices to be had. */
export const withBlockDevices = { skip: lack() };

/**
 * Makes block devices, and mounts of them, which go when the test ends.  To be called
 * before the directories are made on which they are mounted, for those go next.
 */
export const blockDevices = (t: TestContext) => {
  const undos: [string, ...string[]][] = [];
  t.after(() => {
    for (const [program, ...args] of undos.toReversed()) execFileSync(program, args);
  });
  return {
    /** A loop device with ext4: empty, or with the files of a directory. */
    make: async (tree?: string): Promise<string> => {
      const file = join(await temporaryDirectory(t), 'image');
      execFileSync('truncate', ['-s', '16M', file]);
      const files = tree === undefined ? [] : ['-d', tree];
      execFileSync('mke2fs', ['-q', '-F', '-t', 'ext4', ...files, file]);
      const args = ['--find', '--show', file];
      const device = execFileSync('losetup', args, { encoding: 'utf8' }).trim();
      undos.push(['losetup', '--detach', device]);
      return device;
    },
    mount: async (device: string, directory: string, options: string): Promise<void> => {
      await mkdir(directory, { recursive: true });
      execFileSync('mount', ['-o', options, device, directory]);
      undos.push(['umount', directory]);
    },
  };
};

/** The options of the mount at a directory, and those of its file system. */
export const optionsAt = (directory: string): string => {
  const args = ['--noheadings', '--output', 'VFS-OPTIONS,FS-OPTIONS', '--mountpoint', directory];
  const text = execFileSync('findmnt', args, { encoding: 'utf8' });
  return text
    .trim()
    .split(/\s+/)
    .map((options) => options.split(',')[0])
    .join(' ');
};
