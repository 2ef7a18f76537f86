import { release } from 'node:os';
import { basename, join } from 'node:path';

import { namesIfReadable, readIfReadable } from './files.ts';
import type { Point } from './point.ts';

export interface ModuleFacts {
  /** The kernel release, as `uname -r` prints it. */
  readonly release: string;
  /** The text of /proc/modules. */
  readonly loaded: string;
  /** The names in /sys/module: the loaded modules and some of the built-in ones. */
  readonly present: readonly string[];
  /** The text of /lib/modules/RELEASE/modules.builtin; undefined if the file is missing. */
  readonly builtin: string | undefined;
  /** The text of /lib/modules/RELEASE/modules.dep; undefined if the file is missing. */
  readonly loadable: string | undefined;
}

/** Reads the lists of kernel modules of the host whose root is at `root`. */
export const findModules = async (root = '/', kernel = release()): Promise<ModuleFacts> => {
  const directory = join(root, 'lib/modules', kernel);
  const [loaded = '', present, builtin, loadable] = await Promise.all([
    readIfReadable(join(root, 'proc/modules')),
    namesIfReadable(join(root, 'sys/module')),
    readIfReadable(join(directory, 'modules.builtin')),
    readIfReadable(join(directory, 'modules.dep')),
  ]);
  return { release: kernel, loaded, present, builtin, loadable };
};

export type ModuleState = 'loaded' | 'built in' | 'loadable' | 'missing' | 'unknown';

// The kernel always writes _ in the name of a module; file names have - or _.
const plain = (name: string): string => name.replaceAll('-', '_');

const namesOf = (list: string): ReadonlySet<string> =>
  new Set(
    list
      .split('\n')
      .map((line) => plain(basename(/^[^:]*/.exec(line)?.[0] ?? '').replace(/\.ko.*$/, ''))),
  );

/** Makes a function that returns the state of a module by its name, without loading it. */
export const moduleStates = (facts: ModuleFacts): ((name: string) => ModuleState) => {
  const loaded = new Set(facts.loaded.split('\n').map((line) => plain(line.split(' ')[0] ?? '')));
  const builtin = namesOf(facts.builtin ?? '');
  const loadable = namesOf(facts.loadable ?? '');
  const present = new Set(facts.present.map(plain));
  return (name) => {
    const module = plain(name);
    if (loaded.has(module)) return 'loaded';
    if (builtin.has(module) || present.has(module)) return 'built in';
    if (loadable.has(module)) return 'loadable';
    return facts.builtin === undefined || facts.loadable === undefined ? 'unknown' : 'missing';
  };
};

interface Need {
  readonly name: string;
  readonly modules: readonly string[];
  /** What does not work without the modules. */
  readonly without: string;
  /** The kernel options that build the modules. */
  readonly options: string;
}

const redirect: Need = {
  name: 'redirect',
  modules: ['act_mirred', 'cls_matchall', 'sch_ingress'],
  without: 'only veth interfaces work, joined to the domain by a bridge',
  options: 'CONFIG_NET_ACT_MIRRED, CONFIG_NET_CLS_MATCHALL, CONFIG_NET_SCH_INGRESS',
};

const needs: readonly Need[] = [
  {
    name: 'netback',
    modules: ['xen-netback'],
    without: 'containers have no network',
    options: 'CONFIG_XEN_NETDEV_BACKEND',
  },
  redirect,
  {
    name: 'bridge',
    modules: ['bridge', 'veth'],
    without: 'bridge networks of CNI, docker and podman do not work',
    options: 'CONFIG_BRIDGE, CONFIG_VETH',
  },
  {
    name: 'disks',
    modules: ['xen-blkback', 'loop'],
    without: 'a rootfs cannot be on a disk',
    options: 'CONFIG_XEN_BLKDEV_BACKEND, CONFIG_BLK_DEV_LOOP',
  },
];

/** Judges whether the kernel has the modules that networks and disks of domains need. */
export const checkModules = (facts: ModuleFacts): readonly Point[] => {
  const stateOf = moduleStates(facts);
  return needs.map((need): Point => {
    const { name, modules, options } = need;
    const states = modules.map((module) => ({ module, state: stateOf(module) }));
    const lacking = states.filter(({ state }) => state === 'missing' || state === 'unknown');
    if (lacking.length === 0) {
      const found = states.map(({ module, state }) => `${module} ${state}`).join(', ');
      return { name, status: 'ok', found };
    }
    const names = lacking.map(({ module }) => module).join(', ');
    if (lacking.some(({ state }) => state === 'unknown')) {
      return {
        name,
        status: 'warning',
        found: `cannot tell whether the kernel has ${names}, because /lib/modules/${facts.release} lists no modules: without them, ${need.without}`,
        remedy: `check that the kernel was built with ${options}`,
      };
    }
    const isHopeless = need === redirect && stateOf('bridge') === 'missing';
    return {
      name,
      status: 'warning',
      found: `Linux ${facts.release} lacks ${names}: ${isHopeless ? 'containers have no network' : need.without}`,
      remedy: `install the modules, or a kernel built with ${options}`,
    };
  });
};
