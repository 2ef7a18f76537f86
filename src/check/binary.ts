import { constants, gunzipSync } from 'node:zlib';

/** In the words of kernel/build; unknown is what cannot be told. */
export type Architecture = 'x86_64' | 'arm64' | 'another architecture' | 'unknown';

/** The architecture of the program that runs this, which is Dom0's. */
export const hostArchitecture = (): Architecture => {
  if (process.arch === 'x64') return 'x86_64';
  return process.arch === 'arm64' ? 'arm64' : 'unknown';
};

const startsWith = (bytes: Buffer, magic: string, offset = 0): boolean =>
  bytes.subarray(offset, offset + magic.length).equals(Buffer.from(magic, 'latin1'));

const machines: Readonly<Record<number, Architecture>> = { 62: 'x86_64', 183: 'arm64' };

/** What an ELF file is for (elf(5), e_machine); undefined when it is none. */
export const elfArchitecture = (bytes: Buffer): Architecture | undefined =>
  startsWith(bytes, '\u007FELF') && bytes.length >= 20
    ? (machines[bytes.readUInt16LE(18)] ?? 'another architecture')
    : undefined;

const packedBytes = 256 * 1024;

/** What a beginning of gzip's unpacks to, as far as it goes; anything else as it is. */
const unpack = (bytes: Buffer): Buffer => {
  if (!startsWith(bytes, '\u001F\u008B')) return bytes;
  try {
    return gunzipSync(bytes.subarray(0, packedBytes), { finishFlush: constants.Z_SYNC_FLUSH });
  } catch {
    return bytes;
  }
};

/**
 * What a kernel is for, by its beginning: a bzImage (Documentation/arch/x86/boot.rst), an
 * Image (Documentation/arch/arm64/booting.rst) or an ELF file; undefined for no kernel.
 */
export const kernelArchitecture = (head: Buffer): Architecture | undefined => {
  if (startsWith(head, 'HdrS', 0x202)) return 'x86_64';
  const unpacked = unpack(head);
  if (startsWith(unpacked, 'ARM\u0064', 56)) return 'arm64';
  return elfArchitecture(unpacked);
};

// newc, without and with checksums.
const isCpio = (bytes: Buffer): boolean =>
  startsWith(bytes, '070701') || startsWith(bytes, '070702');

// What else the kernel can unpack (lib/decompress.c).
const compressions = ['BZh', '\u00FD7zXZ', '\u0028\u00B5\u002F\u00FD', '\u0002\u0021\u004C\u0018'];
const more = ['\u005D\u0000\u0000', '\u0089LZO'];

const headerBytes = 110;
const aligned = (offset: number): number => Math.ceil(offset / 4) * 4;

/** What the first program in a cpio archive is for. */
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

/** What a ramdisk is for, as far as its beginning tells; undefined for no ramdisk. */
export const ramdiskArchitecture = (head: Buffer): Architecture | undefined => {
  const archive = unpack(head);
  if (isCpio(archive)) return programArchitecture(archive);
  return [...compressions, ...more].some((magic) => startsWith(head, magic))
    ? 'unknown'
    : undefined;
};
