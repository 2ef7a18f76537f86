import { RunxError } from '../errors.ts';
import { maximumExports, maximumShares, sharesDirectory } from '../protocol/contract.ts';
import type { Share } from '../protocol/share.ts';

/** A file or directory of the host that a bind mount needs in the guest. */
export interface BindSource {
  /** Absolute path on the host; for a device, in the guest. */
  readonly path: string;
  readonly kind: 'directory' | 'file' | 'device';
  /** Device number of its file system. */
  readonly device: number;
  /** For a mount below the source of a recursive one: where, relative to it. */
  readonly below?: string;
  /** The flags of that mount. */
  readonly flags?: number;
}

/** Collects exports into shares. */
export const makeShares = () => {
  const shares: { tag: string; exports: Share['exports'][number][] }[] = [];
  const filesOf = new Map<number, (typeof shares)[number]>();
  const open = (): (typeof shares)[number] => {
    const share = { tag: `share${shares.length + 1}`, exports: [] };
    shares.push(share);
    return share;
  };
  return {
    shares,
    /** Exports the source; its path in the ramdisk comes back. */
    add: ({ path, device, kind }: BindSource, readonly: boolean): string => {
      const file = kind === 'file';
      // A share is one file system to the guest and hands on the host's inode numbers,
      // so only files of one file system of the host may be in it.
      const share = (file ? filesOf.get(device) : undefined) ?? open();
      share.exports.push({ path, readonly, file, recursive: false });
      if (!file) return `${sharesDirectory}/${share.tag}`;
      filesOf.set(device, share);
      return `${sharesDirectory}/${share.tag}/${share.exports.length - 1}`;
    },
  };
};

/** Throws RunxError if there are more shares or exports than the monitor has room for. */
export const checkLimits = (shares: readonly Share[]): void => {
  const exports = shares.reduce((sum, share) => sum + share.exports.length, 0);
  if (shares.length > maximumShares) {
    throw new RunxError(
      `config.json: bind mounts of ${shares.length} directories, including mounts below them: at most ${maximumShares} are possible`,
    );
  }
  if (exports > maximumExports) {
    throw new RunxError(
      `config.json: bind mounts of ${exports} files and directories: at most ${maximumExports} are possible`,
    );
  }
};
