import { RunxError } from '../errors.ts';

/** Mount options of config.json as mount(2) wants them. */
export interface MountOptions {
  readonly flags: number;
  /** Flags of a second mount(2) call that sets the propagation; 0 for none. */
  readonly propagation: number;
  /** What is left for the file system itself, joined by commas. */
  readonly data: string;
}

const recursive = 16384;

// linux/mount.h; [flag, whether the option sets or clears it]
const flags: Readonly<Record<string, readonly [number, boolean]>> = {
  defaults: [0, true],
  ro: [1, true],
  rw: [1, false],
  nosuid: [2, true],
  suid: [2, false],
  nodev: [4, true],
  dev: [4, false],
  noexec: [8, true],
  exec: [8, false],
  sync: [16, true],
  async: [16, false],
  remount: [32, true],
  mand: [64, true],
  nomand: [64, false],
  dirsync: [128, true],
  nosymfollow: [256, true],
  symfollow: [256, false],
  noatime: [1024, true],
  atime: [1024, false],
  nodiratime: [2048, true],
  diratime: [2048, false],
  bind: [4096, true],
  rbind: [4096 | recursive, true],
  silent: [32768, true],
  loud: [32768, false],
  relatime: [1 << 21, true],
  norelatime: [1 << 21, false],
  iversion: [1 << 23, true],
  noiversion: [1 << 23, false],
  strictatime: [1 << 24, true],
  nostrictatime: [1 << 24, false],
  lazytime: [1 << 25, true],
  nolazytime: [1 << 25, false],
};

const propagations: Readonly<Record<string, number>> = {
  unbindable: 1 << 17,
  runbindable: (1 << 17) | recursive,
  private: 1 << 18,
  rprivate: (1 << 18) | recursive,
  slave: 1 << 19,
  rslave: (1 << 19) | recursive,
  shared: 1 << 20,
  rshared: (1 << 20) | recursive,
};

/** The options that runx gives a meaning, as `runx features` lists them. */
export const mountOptionNames: readonly string[] = [
  ...Object.keys(flags),
  ...Object.keys(propagations),
].toSorted();

// Options of runc and crun that runx does not do yet; as data they would be
// refused by the file system with no word about why.
const unsupported = /^(tmpcopyup|(r?)idmap(=.*)?|r(ro|rw|nosuid|suid|nodev|dev|noexec|exec))$/;

export const parseMountOptions = (
  options: readonly string[],
  destination: string,
): MountOptions => {
  let set = 0;
  let propagation = 0;
  const data: string[] = [];
  for (const option of options) {
    const flag = Object.hasOwn(flags, option) ? flags[option] : undefined;
    if (flag !== undefined) {
      set = flag[1] ? set | flag[0] : set & ~flag[0];
    } else if (Object.hasOwn(propagations, option)) {
      propagation = propagations[option] ?? 0;
    } else if (unsupported.test(option)) {
      throw new RunxError(`mount ${destination}: option "${option}" is not supported`);
    } else {
      data.push(option);
    }
  }
  return { flags: set, propagation, data: data.join(',') };
};
