import type { FileHandle } from 'node:fs/promises';
import { type Stats, constants, promises as fs } from 'node:fs';

// O_PATH: opening a device or FIFO this way has no side effects.
const onlyPath = 0o10000000;

// The types of fs.statfs(2) whose regular files are not data: to open or read one can change something.
const kernelFileSystems: ReadonlySet<number> = new Set([
  0x9fa0, // proc
  0x6265_6572, // sysfs
  0x6462_6720, // debugfs
  0x7472_6163, // tracefs
  0x7363_6673, // securityfs
  0x6265_6570, // configfs
  0xde5e_81e4, // efivarfs
  0x6165_676c, // pstore
  0x27_e0eb, // cgroup
  0x6367_7270, // cgroup2
  0xcafe_4a11, // bpf
  0x6573_5543, // fusectl
  0xf97c_ff8c, // selinuxfs
  0xabba_1974, // xenfs
  0x6e73_6673, // nsfs
]);

/** What a file must be before it is opened for reading. */
export interface Look {
  /** Throws the error that says why the file is not read. */
  readonly refuse: (why: string) => never;
  /** Looks at the file itself and its real path, before it is opened for reading. */
  readonly look?: (found: Stats, path: string) => void | Promise<void>;
}

/**
 * Opens a regular file whose path an image, a bundle or an annotation has chosen.  Opening such a
 * path for reading could start a watchdog, take a line of the kernel's log, or wait for the writer
 * of a FIFO.  So the path is opened by O_PATH, which opens no device, and reopened only after a
 * look at it.  A symbolic link at the end of the path is not followed.
 */
export const openChosenFile = async (path: string, { refuse, look }: Look): Promise<FileHandle> => {
  const handle = await fs.open(path, onlyPath | constants.O_NOFOLLOW);
  try {
    const opened = `/proc/self/fd/${handle.fd}`;
    const found = await handle.stat();
    if (!found.isFile()) refuse('is not a regular file');
    if (kernelFileSystems.has((await fs.statfs(opened)).type)) refuse('is a file of the kernel');
    await look?.(found, await fs.readlink(opened));
    return await fs.open(opened, constants.O_RDONLY);
  } finally {
    await handle.close();
  }
};
