import type { GuestMount } from '../../src/guest/guest-mount.ts';
import type { GuestContainer } from '../../src/guest/record.ts';
import { guestContainer } from './guest-container.ts';
import { processWith, specWith } from './spec.ts';

type Next = (limit: number) => number;

const characters = [
  ...'abcXYZ019 \t\n"\'\\$,;:=#%/.*-_'.split(''),
  '\u0001',
  'é',
  '日',
  '\u{1F600}',
];

const makeValues = (next: Next) => {
  const chance = (): boolean => next(2) === 0;
  const many = <T>(make: () => T, most = 3): T[] => Array.from({ length: next(most + 1) }, make);
  const maybe = <T>(make: () => T): T | undefined => (chance() ? make() : undefined);
  const choose = <T>(first: T, ...others: readonly T[]): T =>
    others[next(others.length + 1)] ?? first;
  const text = (): string => many(() => characters[next(characters.length)], 12).join('');
  const path = (): string => `/${text()}`;
  const number = (): number => choose(0, 1, next(100_000), 2 ** 31, 2 ** 32 - 1);
  return { chance, many, maybe, choose, text, path, number };
};

type Values = ReturnType<typeof makeValues>;

const randomProcess = ({ chance, many, maybe, choose, text, path, number }: Values, next: Next) => {
  const capabilities = () => many(() => choose('CAP_CHOWN', 'CAP_KILL', 'CAP_CHECKPOINT_RESTORE'));
  const sets = ['bounding', 'effective', 'permitted', 'inheritable', 'ambient'];
  return processWith({
    args: [text(), ...many(text)],
    env: many(() => `V=${text()}`),
    cwd: path(),
    terminal: chance(),
    noNewPrivileges: chance(),
    oomScoreAdj: maybe(() => next(2001) - 1000),
    user: {
      uid: number(),
      gid: number(),
      umask: maybe(() => next(0o1000)),
      additionalGids: many(number),
    },
    capabilities: Object.fromEntries(sets.map((set) => [set, capabilities()])),
    rlimits: many(() => ({
      type: choose('RLIMIT_CPU', 'RLIMIT_RTTIME'),
      soft: choose(0, 2 ** 53, 2 ** 63, 2 ** 64),
      hard: number(),
    })),
    ioPriority: maybe(() => ({ class: 'IOPRIO_CLASS_BE', priority: next(8) })),
    scheduler: maybe(() =>
      choose(
        { policy: 'SCHED_OTHER', nice: next(40) - 20 },
        { policy: 'SCHED_DEADLINE', runtime: number(), deadline: 2 ** 50, period: 2 ** 53 },
      ),
    ),
  });
};

const randomSpec = ({ chance, many, maybe, choose, text, path, number }: Values) => {
  const mapping = () => ({
    containerID: number(),
    hostID: number(),
    size: choose(1, 65_536, 2 ** 32 - 1),
  });
  return specWith({
    hostname: maybe(() => `h${text()}`),
    domainname: maybe(() => `d${text()}`),
    root: { path: 'rootfs', readonly: chance() },
    hooks: {
      startContainer: many(() => ({
        path: path(),
        args: many(text),
        env: many(() => `V=${text()}`),
        timeout: maybe(() => 1 + number()),
      })),
    },
    linux: {
      namespaces: many(() => ({ type: choose('pid', 'user', 'uts', 'ipc', 'cgroup', 'mount') })),
      uidMappings: many(mapping),
      gidMappings: many(mapping),
      personality: maybe(() => ({ domain: choose('LINUX', 'LINUX32') })),
      rootfsPropagation: maybe(() => choose('shared', 'rslave', 'private')),
      devices: many(() => ({ type: choose('c', 'b', 'p'), path: path(), major: 7, minor: 300 })),
      sysctl: Object.fromEntries(many(() => [`k${text()}`, text()] as const)),
      maskedPaths: many(path),
      readonlyPaths: many(path),
    },
  });
};

const randomMount = ({ chance, choose, text, path }: Values): GuestMount => ({
  destination: path(),
  type: text(),
  source: text(),
  flags: choose(0, 1, 2 ** 25 - 1),
  propagation: choose(0, 2 ** 18 + 16_384),
  data: text(),
  copyUp: chance(),
  disk: chance(),
  ...(chance() ? { bind: path() } : {}),
});

/** A container of which everything may be anything. */
export const randomContainer = (next: Next): GuestContainer => {
  const values = makeValues(next);
  const { many, maybe, choose, text } = values;
  return guestContainer(randomSpec(values), randomProcess(values, next), {
    owner: choose('container', 'pod', 'pool'),
    rootfs: ['type', 'source', 'layer'].map((name) => [`rootfs-${name}`, text()]),
    mounts: {
      shares: many(() => ({ tag: `share${next(31)}`, exports: [] })),
      mounts: many(() => randomMount(values)),
      disks: [],
      copies: [],
    },
    seccomp: maybe(() => ({
      program: Buffer.from(Array.from({ length: 8 * next(20) }, () => next(256))),
      flags: next(7),
    })),
    hasNetworks: true,
    hookState: text(),
  });
};
