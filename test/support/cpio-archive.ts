import assert from 'node:assert/strict';

export interface ArchivedFile {
  readonly path: string;
  readonly inode: number;
  readonly mode: number;
  readonly owner: readonly [uid: number, gid: number];
  readonly modified: number;
  readonly device: readonly [major: number, minor: number];
  readonly content: Buffer;
}

const headerLength = 110;
const fieldLength = 8;

const align = (offset: number): number => (offset + 3) & ~3;

/** Reads one archive in cpio's newc format from its bytes, to its very end. */
export const parseCpio = (bytes: Buffer): readonly ArchivedFile[] => {
  const files: ArchivedFile[] = [];
  for (let start = 0, end = 0; ; start = end) {
    assert.equal(bytes.toString('latin1', start, start + 6), '070701', `magic at ${start}`);
    const field = (index: number): number => {
      const offset = start + 6 + index * fieldLength;
      const text = bytes.toString('latin1', offset, offset + fieldLength);
      assert.match(text, /^[0-9a-f]{8}$/);
      return Number.parseInt(text, 16);
    };
    const nameEnd = start + headerLength + field(11);
    const contentStart = align(nameEnd);
    const contentEnd = contentStart + field(6);
    end = align(contentEnd);
    assert.ok(end <= bytes.length, 'the archive is whole');
    assert.equal(bytes[nameEnd - 1], 0, 'the name ends with a NUL');
    const path = bytes.toString('utf8', start + headerLength, nameEnd - 1);
    if (path === 'TRAILER!!!') {
      assert.equal(end, bytes.length, 'nothing follows the trailer');
      return files;
    }
    files.push({
      path,
      inode: field(0),
      mode: field(1),
      owner: [field(2), field(3)],
      modified: field(5),
      device: [field(9), field(10)],
      content: bytes.subarray(contentStart, contentEnd),
    });
  }
};
