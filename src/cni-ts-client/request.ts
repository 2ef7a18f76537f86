import type { RuntimeConf } from './attachment.ts';
import type { PluginConfiguration } from './configuration-schema.ts';
import type { NetworkConfigurationList } from './configuration.ts';
import { isObject } from './document.ts';
import type { JsonObject } from './document.ts';
import type { Result } from './result.ts';

// Removes the keys that only the runtime may set.
const withoutReserved = (plugin: PluginConfiguration): JsonObject =>
  Object.fromEntries(
    Object.entries(plugin).filter(([key]) => key !== 'prevResult' && !key.startsWith('cni.dev/')),
  );

const runtimeConfig = (plugin: PluginConfiguration, conf: RuntimeConf): JsonObject => {
  const offered = new Map(Object.entries(conf.capabilityArgs ?? {}));
  const declared = Object.entries(plugin.capabilities ?? {}).filter(
    ([capability, wanted]) => wanted && offered.has(capability),
  );
  if (declared.length === 0) return {};
  return {
    runtimeConfig: Object.fromEntries(
      declared.map(([capability]) => [capability, offered.get(capability)]),
    ),
  };
};

const withCniArgs = (plugin: PluginConfiguration, conf: RuntimeConf): JsonObject => {
  if (conf.cniArgs === undefined) return {};
  const args = isObject(plugin['args']) ? plugin['args'] : {};
  const cni = isObject(args['cni']) ? args['cni'] : {};
  return { args: { ...args, cni: { ...cni, ...conf.cniArgs } } };
};

/** Renders the input of a plugin for ADD, CHECK and DEL (specification, section 3). */
export const attachmentRequest = (
  list: NetworkConfigurationList,
  plugin: PluginConfiguration,
  conf: RuntimeConf,
  prevResult: Result | undefined,
): JsonObject => {
  const { capabilities: _capabilities, ...configuration } = withoutReserved(plugin);
  return {
    ...configuration,
    ...runtimeConfig(plugin, conf),
    ...withCniArgs(plugin, conf),
    ...(prevResult === undefined ? {} : { prevResult }),
    name: list.name,
    cniVersion: list.cniVersion,
  };
};

/** Renders the input of a plugin for GC and STATUS, which have no attachment. */
export const networkRequest = (
  list: NetworkConfigurationList,
  plugin: PluginConfiguration,
  additions: JsonObject = {},
): JsonObject => ({
  ...withoutReserved(plugin),
  ...additions,
  name: list.name,
  cniVersion: list.cniVersion,
});
