import type { NetworkConfigurationList } from './configuration.ts';
import { isObject } from './document.ts';
import { CniError, CniErrors, UnsupportedError } from './errors.ts';
import { invokePlugin } from './invoke.ts';
import type { Invocation } from './invoke.ts';
import { parseJson } from './json.ts';
import { PluginError } from './plugin-error.ts';
import { currentVersion, greatestVersion } from './version.ts';

/** The versions that a plugin reports. */
export interface VersionInfo {
  readonly cniVersion: string;
  readonly supportedVersions: readonly string[];
}

const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((text) => typeof text === 'string');

const parseVersionInfo = (stdout: string): VersionInfo | undefined => {
  const value = parseJson(stdout);
  if (!isObject(value)) return undefined;
  const { cniVersion, supportedVersions } = value;
  if (typeof cniVersion !== 'string' || cniVersion === '') return undefined;
  if (isTexts(supportedVersions) && supportedVersions.length > 0) {
    return { cniVersion, supportedVersions };
  }
  // The list was not required in version 0.2.0 of the specification.
  return cniVersion === '0.2.0' ? { cniVersion, supportedVersions: ['0.1.0', '0.2.0'] } : undefined;
};

// Plugins with an old library require these variables for every command.
const placeholders = { netNS: 'dummy', ifName: 'dummy' };

/** VERSION; a plugin that does not know this command has version 0.1.0. */
export const versionInfo = async (invocation: Invocation, plugin: string): Promise<VersionInfo> => {
  const command = 'VERSION';
  const configuration = { cniVersion: currentVersion };
  try {
    const output = await invokePlugin(invocation, {
      plugin,
      command,
      parameters: placeholders,
      configuration,
    });
    const info = parseVersionInfo(output.stdout);
    if (info !== undefined) return info;
    const { stderr } = output;
    const msg = 'the output has no list of supported versions';
    throw new PluginError({ plugin, command, reason: 'output', msg, stderr });
  } catch (error) {
    if (error instanceof PluginError && error.msg === 'unknown CNI_COMMAND: VERSION') {
      return { cniVersion: '0.1.0', supportedVersions: ['0.1.0'] };
    }
    throw error;
  }
};

const typesOf = (list: NetworkConfigurationList): readonly string[] => [
  ...new Set(list.plugins.map((plugin) => plugin.type)),
];

/** Returns the list with the newest version that the list allows and all its plugins support. */
export const negotiateVersion = async (
  invocation: Invocation,
  list: NetworkConfigurationList,
): Promise<NetworkConfigurationList> => {
  const types = typesOf(list);
  const infos = await Promise.all(types.map((type) => versionInfo(invocation, type)));
  const cniVersion = greatestVersion(
    list.cniVersions.filter((version) =>
      infos.every((info) => info.supportedVersions.includes(version)),
    ),
  );
  if (cniVersion !== undefined) return { ...list, cniVersion };
  const said = types.map((type, index) => {
    const versions = infos[index]?.supportedVersions.join(', ');
    return `${type} supports ${versions}`;
  });
  throw new UnsupportedError(
    `network ${list.name}: no common version: the configuration allows ${list.cniVersions.join(', ')}; ${said.join('; ')}`,
  );
};

/**
 * Checks that all plugins of a network exist and support its version.  Returns the capabilities
 * that the plugins declare; throws all errors as CniErrors.
 */
export const validateList = async (
  invocation: Invocation,
  list: NetworkConfigurationList,
): Promise<readonly string[]> => {
  const problems = await Promise.all(
    typesOf(list).map(async (type): Promise<CniError | undefined> => {
      try {
        const { supportedVersions } = await versionInfo(invocation, type);
        if (supportedVersions.includes(list.cniVersion)) return undefined;
        const versions = supportedVersions.join(', ');
        return new UnsupportedError(
          `plugin ${type} does not support version ${list.cniVersion}, only ${versions}`,
        );
      } catch (error) {
        if (error instanceof CniError) return error;
        throw error;
      }
    }),
  );
  const errors = problems.filter((problem) => problem !== undefined);
  if (errors.length > 0) throw new CniErrors(errors);
  const declared = list.plugins.flatMap((plugin) =>
    Object.entries(plugin.capabilities ?? {}).flatMap(([name, wanted]) => (wanted ? [name] : [])),
  );
  return [...new Set(declared)].toSorted();
};
