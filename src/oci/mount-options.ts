import { RunxError } from '../errors.ts';

/** Mount options of config.json, converted to the arguments of mount(2). */
export interface MountOptions {
  readonly flags: number;
  /** Flags of the second mount(2) call, which sets the propagation; 0 means no second call. */
  readonly propagation: number;
  /** Flags that are set and cleared on the mounts below a recursive bind mount. */
  readonly below: { readonly set: number; readonly clear: number };
  /** Whether the new tmpfs gets a copy of the files that it covers (tmpcopyup). */
  readonly copyUp: boolean;
  /** The other options, joined by commas, for the file system. */
  readonly data: string;
}

/** MS_RDONLY of mount(2). */
export const readonlyFlag = 1;

const recursive = 16384;

// The flag of linux/mount.h, and whether the option sets it (true) or clears it (false).
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

// Options for mount_setattr(2) on a whole tree: the name of a flag after an "r".
const recursiveOption =
  /^r(ro|rw|(no)?(suid|dev|exec|diratime|relatime|atime|strictatime|symfollow))$/;

const copyUpOption = 'tmpcopyup';

/** The names of the options that runx itself handles, as `runx features` lists them. */
export const mountOptionNames: readonly string[] = [
  ...Object.keys(flags),
  ...Object.keys(flags)
    .map((name) => `r${name}`)
    .filter((name) => recursiveOption.test(name)),
  ...Object.keys(propagations),
  copyUpOption,
].toSorted();

// The file system would refuse these options without an explanation.
const unsupported = /^r?idmap(=.*)?$/;

interface Bits {
  readonly set: number;
  readonly clear: number;
}

const change = ({ set, clear }: Bits, [flag, sets]: readonly [number, boolean]): Bits =>
  sets ? { set: set | flag, clear: clear & ~flag } : { set: set & ~flag, clear: clear | flag };

const find = <T>(table: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(table, name) ? table[name] : undefined;

export const parseMountOptions = (
  options: readonly string[],
  destination: string,
): MountOptions => {
  let own: Bits = { set: 0, clear: 0 };
  let below: Bits = { set: 0, clear: 0 };
  let propagation = 0;
  let copyUp = false;
  const data: string[] = [];
  for (const option of options) {
    const flag = find(flags, option);
    const recursiveFlag = recursiveOption.test(option) ? find(flags, option.slice(1)) : undefined;
    const propagated = find(propagations, option);
    if (flag !== undefined) own = change(own, flag);
    else if (recursiveFlag !== undefined) below = change(below, recursiveFlag);
    else if (propagated !== undefined) propagation = propagated;
    else if (option === copyUpOption) copyUp = true;
    else if (unsupported.test(option)) {
      throw new RunxError(`mount ${destination}: option "${option}" is not supported`);
    } else data.push(option);
  }
  const flagsOfAll = (own.set & ~below.clear) | below.set;
  return { flags: flagsOfAll, propagation, below, copyUp, data: data.join(',') };
};

/** Converts linux.rootfsPropagation to flags of mount(2). */
export const parsePropagation = (name: string): number => {
  const found = find(propagations, name);
  if (found === undefined) {
    throw new RunxError(`config.json: linux.rootfsPropagation "${name}" is not supported`);
  }
  return found;
};

/** Whether a mount of config.json is a bind mount, by its type or its options. */
export const isBindMount = (mount: {
  readonly type?: string | null | undefined;
  readonly options: readonly string[];
}): boolean =>
  mount.type === 'bind' || mount.options.some((option) => option === 'bind' || option === 'rbind');
