import { networkSchema, pluginSchema } from './configuration-schema.ts';
import type { PluginConfiguration } from './configuration-schema.ts';
import { isObject, parseWith } from './document.ts';
import type { Violation } from './document.ts';
import { ConfigurationError } from './errors.ts';
import { defaultVersion, greatestVersion, specVersions } from './version.ts';
import type { SpecVersion } from './version.ts';

/** A network configuration (specification, section 1). */
export interface NetworkConfigurationList {
  /** The version with which plugins are called. */
  readonly cniVersion: SpecVersion;
  /** All versions that the configuration allows and this package supports. */
  readonly cniVersions: readonly SpecVersion[];
  readonly name: string;
  /** Whether CHECK does nothing. */
  readonly disableCheck: boolean;
  /** Whether GC does nothing. */
  readonly disableGC: boolean;
  /** Whether plugins in the directory beside the file are ignored. */
  readonly loadOnlyInlinedPlugins: boolean;
  readonly plugins: readonly PluginConfiguration[];
}

const failIn =
  (file: string) =>
  ({ property, what }: Violation): Error =>
    new ConfigurationError(file, property, what);

/** Parses JSON text that must be an object. */
const parseObject = (text: string, file: string): Readonly<Record<string, unknown>> => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new ConfigurationError(file, undefined, 'is not JSON', { cause: error });
  }
  if (!isObject(value)) throw new ConfigurationError(file, undefined, 'expected an object');
  return value;
};

const allowedVersions = (
  file: string,
  cniVersion: string | undefined,
  cniVersions: readonly string[] | undefined,
): readonly SpecVersion[] => {
  const named = [...(cniVersions ?? []), cniVersion ?? ''].filter((version) => version !== '');
  if (named.length === 0) return [defaultVersion];
  const known = specVersions.filter((version) => named.includes(version));
  if (known.length > 0) return known;
  const property = cniVersions === undefined ? 'cniVersion' : 'cniVersions';
  throw new ConfigurationError(
    file,
    property,
    `version ${named.join(', ')} is not supported: use one of ${specVersions.join(', ')}`,
  );
};

/** Parses the configuration of one plugin, from a file in the directory beside a list. */
export const parsePluginConfiguration = (text: string, file: string): PluginConfiguration =>
  parseWith(pluginSchema, parseObject(text, file), failIn(file));

/**
 * Parses a network configuration.  The list of plugins may be empty, because plugins may follow
 * from the directory beside the file.
 */
export const parseNetworkConfigurationPart = (
  text: string,
  file: string,
): NetworkConfigurationList => {
  const value = parseObject(text, file);
  // The older form, a single plugin, becomes a list of one, as in libcni.
  const isSingle = value['plugins'] === undefined && value['type'] !== undefined;
  const parsed = parseWith(networkSchema, value, failIn(file));
  const plugins = isSingle
    ? [parseWith(pluginSchema, value, failIn(file))]
    : (parsed.plugins ?? []);
  if (parsed.loadOnlyInlinedPlugins && plugins.length === 0) {
    throw new ConfigurationError(file, 'plugins', 'is missing, but loadOnlyInlinedPlugins is true');
  }
  const versions = allowedVersions(file, parsed.cniVersion, parsed.cniVersions);
  return {
    cniVersion: greatestVersion(versions) ?? defaultVersion,
    cniVersions: versions,
    name: parsed.name,
    disableCheck: parsed.disableCheck,
    disableGC: parsed.disableGC,
    loadOnlyInlinedPlugins: parsed.loadOnlyInlinedPlugins || isSingle,
    plugins,
  };
};

/**
 * Parses the text of a `.conf`, `.json` or `.conflist` file; a single plugin becomes a list of one.
 * Throws a ConfigurationError that names `file` and the property.
 */
export const parseNetworkConfiguration = (text: string, file: string): NetworkConfigurationList => {
  const parsed = parseNetworkConfigurationPart(text, file);
  if (parsed.plugins.length === 0) {
    throw new ConfigurationError(file, 'plugins', 'expected a list of plugins');
  }
  return parsed;
};
