import type { GCAttachment, RuntimeConf } from './attachment.ts';
import { defaultCacheDir, loadAttachment, loadAttachments, loadResult } from './cache.ts';
import type { NetworkAttachment } from './cache.ts';
import type { NetworkConfigurationList } from './configuration.ts';
import { collectGarbage, checkStatus } from './network-operations.ts';
import { addAttachment, checkAttachment, delAttachment } from './operations.ts';
import { negotiateVersion, validateList, versionInfo } from './plugin-version.ts';
import type { VersionInfo } from './plugin-version.ts';
import type { Result } from './result.ts';
import { createTurns } from './turns.ts';

export interface CniOptions {
  /** CNI_PATH: the directories of plugins. */
  readonly path: readonly string[];
  /** The cache directory, which has the results in `results/`; by default /var/lib/cni. */
  readonly cacheDir?: string;
  /** The environment of plugins besides CNI_*; by default, only PATH of this process. */
  readonly env?: Readonly<Record<string, string>>;
  /** The timeout of each call of a plugin; by default two minutes. */
  readonly timeoutMs?: number;
  /** The maximum size of a plugin's standard output; by default 1 MiB. */
  readonly maximumOutputBytes?: number;
}

export interface CallOptions {
  /** Aborting kills the running plugin and starts no other. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * The operations on networks, as in libcni.  This object serializes the calls for one container,
 * and runs GC while nothing else runs.  The caller must do the same between processes.  Every
 * method rejects with a CniError.
 */
export interface Cni {
  /** ADD.  If it fails, the caller should call DEL. */
  addNetworkList(
    list: NetworkConfigurationList,
    conf: RuntimeConf,
    options?: CallOptions,
  ): Promise<Result>;
  /** CHECK, with the parameters of ADD. */
  checkNetworkList(
    list: NetworkConfigurationList,
    conf: RuntimeConf,
    options?: CallOptions,
  ): Promise<void>;
  /** DEL.  Can be repeated. */
  delNetworkList(
    list: NetworkConfigurationList,
    conf: RuntimeConf,
    options?: CallOptions,
  ): Promise<void>;
  /** DEL of all attachments that are not valid any more, then GC. */
  gcNetworkList(
    list: NetworkConfigurationList,
    validAttachments: readonly GCAttachment[],
    options?: CallOptions,
  ): Promise<void>;
  /** STATUS: resolves if the plugins are ready for an ADD. */
  getStatusNetworkList(list: NetworkConfigurationList, options?: CallOptions): Promise<void>;
  /** Calls VERSION of one plugin. */
  getVersionInfo(plugin: string, options?: CallOptions): Promise<VersionInfo>;
  /** Returns the list with the newest of its versions that all its plugins support. */
  negotiateVersion(
    list: NetworkConfigurationList,
    options?: CallOptions,
  ): Promise<NetworkConfigurationList>;
  /** Checks that all plugins exist and support the version; returns the declared capabilities. */
  validateNetworkList(
    list: NetworkConfigurationList,
    options?: CallOptions,
  ): Promise<readonly string[]>;
  /** Reads the result of ADD from the cache, in the version of the list. */
  getNetworkListCachedResult(
    list: NetworkConfigurationList,
    conf: Pick<RuntimeConf, 'containerID' | 'ifName'>,
  ): Promise<Result | undefined>;
  /** Reads the configuration and the parameters of ADD from the cache. */
  getNetworkListCachedConfig(
    list: Pick<NetworkConfigurationList, 'name'>,
    conf: Pick<RuntimeConf, 'containerID' | 'ifName'>,
  ): Promise<NetworkAttachment | undefined>;
  /** Reads all cached attachments, or those of one container. */
  getCachedAttachments(containerID?: string): Promise<readonly NetworkAttachment[]>;
}

const defaultTimeoutMs = 120_000;
const defaultOutputBytes = 1024 * 1024;
const defaultSearchPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Creates a client; starts nothing. */
export const createCni = (options: CniOptions): Cni => {
  const turns = createTurns();
  const cacheDir = options.cacheDir ?? defaultCacheDir;
  const contextOf = (call: CallOptions = {}) => ({
    cacheDir,
    invocation: {
      path: options.path,
      env: options.env ?? { PATH: process.env['PATH'] ?? defaultSearchPath },
      timeoutMs: options.timeoutMs ?? defaultTimeoutMs,
      maximumOutputBytes: options.maximumOutputBytes ?? defaultOutputBytes,
      signal: call.signal,
    },
  });
  return {
    addNetworkList: (list, conf, call) =>
      turns.ofContainer(conf.containerID, () => addAttachment(contextOf(call), list, conf)),
    checkNetworkList: (list, conf, call) =>
      turns.ofContainer(conf.containerID, () => checkAttachment(contextOf(call), list, conf)),
    delNetworkList: (list, conf, call) =>
      turns.ofContainer(conf.containerID, () => delAttachment(contextOf(call), list, conf)),
    gcNetworkList: (list, validAttachments, call) =>
      turns.exclusive(() => collectGarbage(contextOf(call), list, validAttachments)),
    getStatusNetworkList: (list, call) => checkStatus(contextOf(call).invocation, list),
    getVersionInfo: (plugin, call) => versionInfo(contextOf(call).invocation, plugin),
    negotiateVersion: (list, call) => negotiateVersion(contextOf(call).invocation, list),
    validateNetworkList: (list, call) => validateList(contextOf(call).invocation, list),
    getNetworkListCachedResult: (list, conf) =>
      loadResult(cacheDir, list.name, conf, list.cniVersion),
    getNetworkListCachedConfig: (list, conf) => loadAttachment(cacheDir, list.name, conf),
    getCachedAttachments: (containerID) => loadAttachments(cacheDir, containerID),
  };
};
