/**
 * One 9P device of a domain, which the guest mounts by its tag: a directory; or files, and then
 * file number N is /N in it.
 */
export interface Share {
  readonly tag: string;
  readonly exports: readonly Export[];
}

/** A file or directory of the host that a share serves. */
interface Export {
  /** Absolute path on the host. */
  readonly path: string;
  readonly readonly: boolean;
  readonly file: boolean;
  /** With what is mounted below it. */
  readonly recursive: boolean;
}
