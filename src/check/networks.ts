import { stat } from 'node:fs/promises';
import { join } from 'node:path';

import type { Config } from '../config.ts';
import { messageOf } from '../errors.ts';
import { type NetconfDirectories, loadNetworkFile } from '../network/netconf-file.ts';
import { namesIfReadable } from './files.ts';
import type { Point } from './point.ts';

/** A CNI network configuration file that NETCONF could name. */
interface NetworkFacts {
  readonly file: string;
  readonly name?: string;
  /** The types of the plugins that the configuration calls. */
  readonly types?: readonly string[];
  /** Why runx would refuse the file. */
  readonly problem?: string;
}

export interface CniFacts {
  readonly path: readonly string[];
  /** The names of the executables in the directories of `path`. */
  readonly plugins: readonly string[];
  readonly directory: string;
  readonly networks: readonly NetworkFacts[];
  /** The names of the bridges of the host. */
  readonly bridges: readonly string[];
}

const anyExecute = 0o111;

const isExecutable = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isFile() && (found.mode & anyExecute) !== 0,
    () => false,
  );

const findPlugins = async (directories: readonly string[]): Promise<readonly string[]> => {
  const names = new Set<string>();
  for (const directory of directories) {
    for (const name of await namesIfReadable(directory)) {
      if (await isExecutable(join(directory, name))) names.add(name);
    }
  }
  return [...names].toSorted();
};

const findNetwork = async (
  file: string,
  directories: NetconfDirectories,
): Promise<NetworkFacts> => {
  try {
    const { name, plugins } = await loadNetworkFile(file, directories);
    const types = plugins.flatMap(({ type, ipam }) => [type, ipam?.type ?? '']);
    return { file, name, types: types.filter((type) => type !== '') };
  } catch (error) {
    return { file, problem: messageOf(error) };
  }
};

const findNetworks = async (
  directory: string,
  directories: NetconfDirectories,
): Promise<readonly NetworkFacts[]> => {
  const names = (await namesIfReadable(directory)).filter((name) =>
    /\.(conflist|conf|json)$/.test(name),
  );
  return Promise.all(
    names.toSorted().map((name) => findNetwork(join(directory, name), directories)),
  );
};

/** Finds CNI plugins, configurations and bridges on the host whose root is at `root`. */
export const findCni = async (
  { cni_path: path, netconf_directories }: Pick<Config, 'cni_path' | 'netconf_directories'>,
  root = '/',
): Promise<CniFacts> => {
  const directories = netconf_directories.map((one) => join(root, one));
  const directory = join(root, 'etc/cni/net.d');
  const net = join(root, 'sys/class/net');
  const bridges: string[] = [];
  for (const name of await namesIfReadable(net)) {
    if ((await namesIfReadable(join(net, name, 'bridge'))).length > 0) bridges.push(name);
  }
  const [plugins, networks] = await Promise.all([
    findPlugins(path),
    findNetworks(directory, directories),
  ]);
  return { path, plugins, directory, networks, bridges };
};

const checkPlugins = ({ path, plugins }: CniFacts): Point => {
  const name = 'cni-plugins';
  if (plugins.length > 0) return { name, status: 'ok', found: plugins.join(', ') };
  return {
    name,
    status: 'warning',
    found: `no plugins in ${path.join(', ') || 'cni_path, which is empty'}: NETCONF does not work`,
    remedy:
      'install the CNI plugins (Debian: containernetworking-plugins), or set cni_path in runx.toml',
  };
};

const problemsOf = ({ plugins }: CniFacts, network: NetworkFacts): string[] => {
  if (network.problem !== undefined) return [network.problem];
  const missing = (network.types ?? [])
    // runx does not call the plugin dhcp: the guest asks the DHCP server itself.
    .filter((type) => type !== 'dhcp' && !plugins.includes(type));
  return missing.map((type) => `network ${network.name} needs the plugin ${type}`);
};

const checkNetworks = (facts: CniFacts): Point => {
  const { directory, networks } = facts;
  const name = 'cni-configurations';
  const names = networks.flatMap((network) => network.name ?? []).join(', ');
  const problems = networks.flatMap((network) => problemsOf(facts, network));
  if (problems.length > 0) {
    return {
      name,
      status: 'warning',
      found: `${problems.join('; ')}: NETCONF does not work with these files`,
      remedy: 'correct the files, or install the missing plugins',
    };
  }
  if (networks.length > 0) return { name, status: 'ok', found: `${directory} has ${names}` };
  return {
    name,
    status: 'warning',
    found: `no configuration in ${directory}: there is no network that NETCONF could name`,
    remedy: 'write a configuration, as examples/netconf shows',
  };
};

const checkBridges = ({ bridges }: CniFacts): Point => ({
  name: 'bridges',
  status: 'ok',
  found: bridges.join(', ') || 'no bridges; the CNI plugin bridge creates its own',
});

/** Judges whether NETCONF works: plugins, configurations and bridges. */
export const checkCni = (facts: CniFacts): readonly Point[] => [
  checkPlugins(facts),
  checkNetworks(facts),
  checkBridges(facts),
];
