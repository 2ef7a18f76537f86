import { spawn } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { text } from 'node:stream/consumers';

import { builtRamdisk } from './built-programs.ts';
import { parseCpio } from './cpio-archive.ts';
import { makeNamespaces, missingFor } from './network-namespaces.ts';
import type { Namespaces } from './network-namespaces.ts';

/** What `runx-process network -` said, and its exit code. */
interface Applied {
  readonly code: number | null;
  readonly said: string;
}

/** A network namespace in the place of a domain, with the ramdisk as its root directory. */
export interface GuestNetwork {
  readonly space: Namespaces;
  readonly namespace: string;
  /** The ramdisk, unpacked. */
  readonly root: string;
  /** Adds an interface to it; what is at the other end is called `up-NAME`. */
  readonly addLink: (name: string, mac: string) => void;
  readonly apply: (lines: string | Buffer) => Promise<Applied>;
  /** The answer of `ip -json ARGS` there. */
  readonly ip: (...args: string[]) => readonly Record<string, unknown>[];
  /** The processes that have stayed there. */
  readonly processes: () => readonly number[];
}

const typeOf = (mode: number): number => mode & 0o170000;

/** Unpacks the base ramdisk. */
export const unpackRamdisk = async (directory: string): Promise<void> => {
  for (const { path, mode, content } of parseCpio(await readFile(builtRamdisk))) {
    const file = join(directory, path);
    mkdirSync(dirname(file), { recursive: true });
    if (typeOf(mode) === 0o040000) mkdirSync(file, { recursive: true });
    if (typeOf(mode) === 0o120000) symlinkSync(content.toString(), file);
    if (typeOf(mode) !== 0o100000) continue;
    writeFileSync(file, content);
    chmodSync(file, mode & 0o7777);
  }
};

const rootOf = (pid: string): string | undefined => {
  try {
    return readlinkSync(`/proc/${pid}/root`);
  } catch {
    return undefined; // it has ended
  }
};

const processesIn = (root: string): readonly number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && rootOf(name) === root)
    .map(Number);

const end = (pid: number): void => {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
};

const enter = 'mount --bind /proc "$1/proc" && mount --bind /dev "$1/dev" && exec chroot "$@"';

const makeGuest = async (t: TestContext): Promise<GuestNetwork> => {
  let root = '';
  // First of all: what is registered first runs first, and they are known by their root.
  t.after(() => {
    for (const pid of processesIn(root)) end(pid);
  });
  const space = await makeNamespaces(t);
  const namespace = space.addContainer('guest');
  root = join(space.directory, 'root');
  await unpackRamdisk(root);
  const program = ['sh', '-c', enter, 'sh', root, '/sbin/runx-process', 'network', '-'];
  return {
    space,
    namespace,
    root,
    addLink: (name, mac) => {
      const [, , guestName = ''] = namespace.split('/').slice(1);
      const peer = ['peer', 'name', name, 'address', mac, 'netns', guestName];
      space.run('ip', ['link', 'add', `up-${name}`, 'type', 'veth', ...peer]);
      space.run('ip', ['link', 'set', `up-${name}`, 'up']);
    },
    apply: async (lines) => {
      const child = spawn('nsenter', [`--net=${namespace}`, 'unshare', '--mount', ...program]);
      const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
      child.stdin.on('error', () => {}); // it need not read to the end
      child.stdin.end(lines);
      const said = await Promise.all([text(child.stdout), text(child.stderr)]);
      return { code: await ended, said: said.join('') };
    },
    ip: (...args) => JSON.parse(space.run('ip', ['-json', ...args], namespace)),
    processes: () => processesIn(root),
  };
};

/** A test in such a namespace; only root can make it. */
export const withGuest = (
  name: string,
  body: (guest: GuestNetwork, t: TestContext) => Promise<void>,
): void => {
  test(name, async (t: TestContext) => {
    const missing = missingFor([]);
    if (missing !== undefined) return t.skip(missing);
    return body(await makeGuest(t), t);
  });
};
