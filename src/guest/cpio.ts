/** One entry of a cpio archive; `mode` holds the file type bits as in stat(2). */
export interface CpioEntry {
  /** Path without a leading slash; parents must come before their children. */
  readonly path: string;
  readonly mode: number;
  /** Owner; root unless given. */
  readonly uid?: number;
  readonly gid?: number;
  readonly content?: Uint8Array;
  /** Device number, for block and character devices. */
  readonly device?: { readonly major: number; readonly minor: number };
}

/** The archive's name for a path of the guest. */
export const inRamdisk = (path: string): string => path.slice(1);

const alignment = 4;

const padding = (length: number): Buffer =>
  Buffer.alloc((alignment - (length % alignment)) % alignment);

const renderEntry = (entry: CpioEntry, inode: number): Buffer => {
  const content = entry.content ?? new Uint8Array();
  const name = Buffer.from(`${entry.path}\0`);
  const fields = [
    inode,
    entry.mode,
    entry.uid ?? 0,
    entry.gid ?? 0,
    1, // links
    0, // mtime
    content.length,
    0, // device of the archive's file, major and minor
    0,
    entry.device?.major ?? 0,
    entry.device?.minor ?? 0,
    name.length,
    0, // checksum, unused in newc
  ];
  const header = Buffer.concat([
    Buffer.from(`070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}`),
    name,
  ]);
  return Buffer.concat([header, padding(header.length), content, padding(content.length)]);
};

/**
 * A cpio archive in the "newc" format, with no time in it, so
 * that the same entries give the same bytes.  The kernel unpacks archives that
 * follow one another (Documentation/driver-api/early-userspace/buffer-format.rst).
 */
export const renderCpio = (entries: readonly CpioEntry[]): Buffer =>
  Buffer.concat([
    ...entries.map((entry, index) => renderEntry(entry, index + 1)),
    renderEntry({ path: 'TRAILER!!!', mode: 0 }, 0),
  ]);
