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
  /** The directories of plugins; CNI_PATH. */
  readonly path: readonly string[];
  /** Where results are kept, in `results/`; libcni's /var/lib/cni by default. */
  readonly cacheDir?: string;
  /** What plugins get beside CNI_*; only PATH, from this process, by default. */
  readonly env?: Readonly<Record<string, string>>;
  /** For each call of a plugin; two minutes by default. */
  readonly timeoutMs?: number;
  /** Of a plugin's standard output; 1 MiB by default. */
  readonly maximumOutputBytes?: number;
}

export interface CallOptions {
  /** Kills the plugin that runs, and starts no other. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * The operations on networks, as libcni has them.  Calls for one container run one after
 * the other and GC runs alone, within this object; between processes the caller sees to
 * that.  Every method rejects with a CniError.
 */
export interface Cni {
  /** ADD.  If it fails the caller should DEL. */
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
  /** DEL, which may be repeated. */
  delNetworkList(
    list: NetworkConfigurationList,
    conf: RuntimeConf,
    options?: CallOptions,
  ): Promise<void>;
  /** DEL of the attachments that are not valid any more, and GC. */
  gcNetworkList(
    list: NetworkConfigurationList,
    validAttachments: readonly GCAttachment[],
    options?: CallOptions,
  ): Promise<void>;
  /** STATUS: resolves if the plugins could serve an ADD. */
  getStatusNetworkList(list: NetworkConfigurationList, options?: CallOptions): Promise<void>;
  /** VERSION of one plugin. */
  getVersionInfo(plugin: string, options?: CallOptions): Promise<VersionInfo>;
  /** The list with the greatest of its versions that all its plugins support. */
  negotiateVersion(
    list: NetworkConfigurationList,
    options?: CallOptions,
  ): Promise<NetworkConfigurationList>;
  /** The declared capabilities, if all plugins are there and support the version. */
  validateNetworkList(
    list: NetworkConfigurationList,
    options?: CallOptions,
  ): Promise<readonly string[]>;
  /** The result of ADD from the cache, in the list's version. */
  getNetworkListCachedResult(
    list: NetworkConfigurationList,
    conf: Pick<RuntimeConf, 'containerID' | 'ifName'>,
  ): Promise<Result | undefined>;
  /** The configuration and the parameters of ADD from the cache. */
  getNetworkListCachedConfig(
    list: Pick<NetworkConfigurationList, 'name'>,
    conf: Pick<RuntimeConf, 'containerID' | 'ifName'>,
  ): Promise<NetworkAttachment | undefined>;
  /** What the cache knows, of all containers or of one. */
  getCachedAttachments(containerID?: string): Promise<readonly NetworkAttachment[]>;
}

const defaultTimeoutMs = 120_000;
const defaultOutputBytes = 1024 * 1024;
const defaultSearchPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Does nothing yet: plugins run when a method is called. */
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
