export { createCni } from './cni.ts';
export type { CallOptions, Cni, CniOptions } from './cni.ts';
export { parseNetworkConfiguration } from './configuration.ts';
export type { NetworkConfigurationList } from './configuration.ts';
export type { PluginConfiguration } from './configuration-schema.ts';
export {
  configurationFiles,
  loadNetworkConfiguration,
  loadNetworkConfigurationFile,
} from './configuration-files.ts';
export type { GCAttachment, RuntimeConf } from './attachment.ts';
export { defaultCacheDir } from './cache.ts';
export type { NetworkAttachment } from './cache.ts';
export { parseResult } from './result.ts';
export type { DNS, Result, Result020, Result040, Result100, Route } from './result.ts';
export { convertResult } from './result-versions.ts';
export type { ResultOf } from './result-versions.ts';
export { currentVersion, specVersions } from './version.ts';
export type { SpecVersion } from './version.ts';
export type { VersionInfo } from './plugin-version.ts';
export {
  CacheError,
  CniError,
  CniErrors,
  ConfigurationError,
  ConversionError,
  NetworkNotFoundError,
  ParameterError,
  PluginNotFoundError,
  UnsupportedError,
  errorCodes,
} from './errors.ts';
export { PluginError } from './plugin-error.ts';
export type { Command, PluginFailure } from './plugin-error.ts';
