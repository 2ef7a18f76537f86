/**
 * One 9P device of the domain, which the guest mounts by its tag: a directory, or
 * files, of which number N is /N in it.
 */
export interface Share {
  readonly tag: string;
  readonly exports: readonly Export[];
}

interface Export {
  readonly path: string;
  readonly readonly: boolean;
  readonly file: boolean;
  /** With what is mounted below it. */
  readonly recursive: boolean;
}
