import { release } from 'node:os';
import { basename, join } from 'node:path';

import { namesIfReadable, readIfReadable } from './files.ts';
import type { Point } from './point.ts';

export interface ModuleFacts {
  /** What `uname -r` says. */
  readonly release: string;
  /** Of /proc/modules. */
  readonly loaded: string;
  /** Of /sys/module: what is loaded, and some of what is built in. */
  readonly present: readonly string[];
  /** Of modules.builtin and modules.dep in /lib/modules; undefined when there is none. */
  readonly builtin: string | undefined;
  readonly loadable: string | undefined;
}

/** Reads which modules the kernel has; `root` is the host's. */
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

// The kernel writes _ for -, file names have either.
const plain = (name: string): string => name.replaceAll('-', '_');

const namesOf = (list: string): ReadonlySet<string> =>
  new Set(
    list
      .split('\n')
      .map((line) => plain(basename(/^[^:]*/.exec(line)?.[0] ?? '').replace(/\.ko.*$/, ''))),
  );

/** Says of a module where it is; nothing is loaded. */
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
  /** What cannot be had without them. */
  readonly without: string;
  /** Their kernel options. */
  readonly options: string;
}

const redirect: Need = {
  name: 'redirect',
  modules: ['act_mirred', 'cls_matchall', 'sch_ingress'],
  without: 'interfaces are joined by a bridge, and only those of kind veth',
  options: 'CONFIG_NET_ACT_MIRRED, CONFIG_NET_CLS_MATCHALL, CONFIG_NET_SCH_INGRESS',
};

const needs: readonly Need[] = [
  {
    name: 'netback',
    modules: ['xen-netback'],
    without: 'no container has a network',
    options: 'CONFIG_XEN_NETDEV_BACKEND',
  },
  redirect,
  {
    name: 'bridge',
    modules: ['bridge', 'veth'],
    without: "CNI's bridge networks, docker's and podman's do not work",
    options: 'CONFIG_BRIDGE, CONFIG_VETH',
  },
  {
    name: 'disks',
    modules: ['xen-blkback', 'loop'],
    without: 'no rootfs goes on a disk',
    options: 'CONFIG_XEN_BLKDEV_BACKEND, CONFIG_BLK_DEV_LOOP',
  },
];

/** Whether the kernel has what networks and disks of domains need. */
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
        found: `/lib/modules/${facts.release} has no lists to say whether there is ${names}: if not, ${need.without}`,
        remedy: `make sure that the kernel has ${options}`,
      };
    }
    const isHopeless = need === redirect && stateOf('bridge') === 'missing';
    return {
      name,
      status: 'warning',
      found: `no ${names} for Linux ${facts.release}: ${isHopeless ? 'no container has a network' : need.without}`,
      remedy: `install the modules, or a kernel with ${options}`,
    };
  });
};
