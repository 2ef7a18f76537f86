import { constants, gunzipSync } from 'node:zlib';

/** An architecture, named as kernel/build names it; `unknown` if it could not be determined. */
export type Architecture = 'x86_64' | 'arm64' | 'another architecture' | 'unknown';

/** The architecture of Dom0, taken from the running Node.js. */
export const hostArchitecture = (): Architecture => {
  if (process.arch === 'x64') return 'x86_64';
  return process.arch === 'arm64' ? 'arm64' : 'unknown';
};

const startsWith = (bytes: Buffer, magic: string, offset = 0): boolean =>
  bytes.subarray(offset, offset + magic.length).equals(Buffer.from(magic, 'latin1'));

const machines: Readonly<Record<number, Architecture>> = { 62: 'x86_64', 183: 'arm64' };

/** The architecture of an ELF file (elf(5), e_machine); undefined if `bytes` is not ELF. */
export const elfArchitecture = (bytes: Buffer): Architecture | undefined =>
  startsWith(bytes, '\u007FELF') && bytes.length >= 20
    ? (machines[bytes.readUInt16LE(18)] ?? 'another architecture')
    : undefined;

const packedBytes = 256 * 1024;

/** Unpacks as much as it can of a truncated gzip stream; returns other data unchanged. */
const unpack = (bytes: Buffer): Buffer => {
  if (!startsWith(bytes, '\u001F\u008B')) return bytes;
  try {
    return gunzipSync(bytes.subarray(0, packedBytes), { finishFlush: constants.Z_SYNC_FLUSH });
  } catch {
    return bytes;
  }
};

/**
 * The architecture of a kernel, read from the first bytes of the file: a bzImage
 * (Documentation/arch/x86/boot.rst), an Image (Documentation/arch/arm64/booting.rst) or an ELF
 * file.  Undefined if the file is not a kernel.
 */
export const kernelArchitecture = (head: Buffer): Architecture | undefined => {
  if (startsWith(head, 'HdrS', 0x202)) return 'x86_64';
  const unpacked = unpack(head);
  if (startsWith(unpacked, 'ARM\u0064', 56)) return 'arm64';
  return elfArchitecture(unpacked);
};

// The two magics of the newc format: without and with checksums.
const isCpio = (bytes: Buffer): boolean =>
  startsWith(bytes, '070701') || startsWith(bytes, '070702');

// Magics of the other compression formats that the kernel unpacks (lib/decompress.c).
const compressions = ['BZh', '\u00FD7zXZ', '\u0028\u00B5\u002F\u00FD', '\u0002\u0021\u004C\u0018'];
const more = ['\u005D\u0000\u0000', '\u0089LZO'];

const headerBytes = 110;
const aligned = (offset: number): number => Math.ceil(offset / 4) * 4;

/** The architecture of the first ELF program in a cpio archive. */
const programArchitecture = (archive: Buffer): Architecture => {
  let offset = 0;
  while (isCpio(archive.subarray(offset)) && archive.length >= offset + headerBytes) {
    const field = (index: number): number =>
      Number.parseInt(
        archive.toString('latin1', offset + 6 + index * 8, offset + 14 + index * 8),
        16,
      );
    const content = aligned(offset + headerBytes + field(11));
    const found = elfArchitecture(archive.subarray(content));
    if (found !== undefined) return found;
    offset = aligned(content + field(6));
  }
  return 'unknown';
};

/**
 * The architecture of a ramdisk, read from the first bytes of the file.  Undefined if the file is
 * not a ramdisk.
 */
export const ramdiskArchitecture = (head: Buffer): Architecture | undefined => {
  const archive = unpack(head);
  if (isCpio(archive)) return programArchitecture(archive);
  return [...compressions, ...more].some((magic) => startsWith(head, magic))
    ? 'unknown'
    : undefined;
};
