import { checkRuntimeConf, checkRuntimeConfWithNetNS } from './attachment.ts';
import type { RuntimeConf } from './attachment.ts';
import { checkCacheFile, loadResult, removeAttachment, saveAttachment } from './cache.ts';
import type { PluginConfiguration } from './configuration-schema.ts';
import type { NetworkConfigurationList } from './configuration.ts';
import { CacheError, ConversionError, UnsupportedError } from './errors.ts';
import { invokePlugin } from './invoke.ts';
import type { Invocation, PluginOutput } from './invoke.ts';
import { parseJson } from './json.ts';
import { PluginError } from './plugin-error.ts';
import { attachmentRequest } from './request.ts';
import { convertResult } from './result-versions.ts';
import { parseResult } from './result.ts';
import type { Result } from './result.ts';
import { isAtLeast } from './version.ts';

/** The settings of an operation: plugins and cache. */
export interface OperationContext {
  readonly invocation: Invocation;
  readonly cacheDir: string;
}

const resultOf = (plugin: string, output: PluginOutput, list: NetworkConfigurationList): Result => {
  try {
    const value = parseJson(output.stdout);
    if (value === undefined) throw new ConversionError('result is not JSON');
    return convertResult(parseResult(value, list.cniVersion), list.cniVersion);
  } catch (error) {
    if (!(error instanceof ConversionError)) throw error;
    const { stderr } = output;
    const facts = { plugin, command: 'ADD', reason: 'output', msg: error.message, stderr } as const;
    throw new PluginError(facts, { cause: error });
  }
};

interface AttachmentCall {
  readonly list: NetworkConfigurationList;
  readonly plugin: PluginConfiguration;
  readonly conf: RuntimeConf;
  /** The result of the previous plugin for ADD, or else of the last ADD. */
  readonly result: Result | undefined;
}

/** Calls one plugin about one attachment. */
const invokeFor = (
  invocation: Invocation,
  command: 'ADD' | 'CHECK' | 'DEL',
  { list, plugin, conf, result }: AttachmentCall,
): Promise<PluginOutput> =>
  invokePlugin(invocation, {
    plugin: plugin.type,
    command,
    parameters: conf,
    configuration: attachmentRequest(list, plugin, conf, result),
  });

/** ADD: calls the plugins in order, each with the result of the previous one; caches the last. */
export const addAttachment = async (
  { invocation, cacheDir }: OperationContext,
  list: NetworkConfigurationList,
  conf: RuntimeConf,
): Promise<Result> => {
  checkRuntimeConfWithNetNS(conf);
  await checkCacheFile(cacheDir, list.name, conf);
  let result: Result | undefined;
  for (const plugin of list.plugins) {
    const output = await invokeFor(invocation, 'ADD', { list, plugin, conf, result });
    result = resultOf(plugin.type, output, list);
  }
  if (result === undefined) throw new UnsupportedError(`network ${list.name} has no plugins`);
  await saveAttachment(cacheDir, list, conf, result);
  return result;
};

/** CHECK: calls the plugins in order with the cached result of ADD; stops at the first error. */
export const checkAttachment = async (
  { invocation, cacheDir }: OperationContext,
  list: NetworkConfigurationList,
  conf: RuntimeConf,
): Promise<void> => {
  checkRuntimeConfWithNetNS(conf);
  if (!isAtLeast(list.cniVersion, '0.4.0')) {
    throw new UnsupportedError(
      `network ${list.name}: version ${list.cniVersion} does not support the CHECK command`,
    );
  }
  if (list.disableCheck) return;
  const result = await loadResult(cacheDir, list.name, conf, list.cniVersion);
  if (result === undefined) {
    throw new CacheError(
      `container ${conf.containerID} has no cached result for network ${list.name}, interface ${conf.ifName}`,
    );
  }
  for (const plugin of list.plugins) {
    await invokeFor(invocation, 'CHECK', { list, plugin, conf, result });
  }
};

// If the cached result cannot be read, DEL goes on without it; before 0.4.0, DEL needs no result.
const resultForDel = async (
  cacheDir: string,
  list: NetworkConfigurationList,
  conf: RuntimeConf,
): Promise<Result | undefined> => {
  if (!isAtLeast(list.cniVersion, '0.4.0')) return undefined;
  try {
    return await loadResult(cacheDir, list.name, conf, list.cniVersion);
  } catch (error) {
    if (error instanceof CacheError) return undefined;
    throw error;
  }
};

/**
 * DEL: calls the plugins in reverse order with the cached result of ADD, then removes the result.
 * Stops at the first error and keeps the result.
 */
export const delAttachment = async (
  { invocation, cacheDir }: OperationContext,
  list: NetworkConfigurationList,
  conf: RuntimeConf,
): Promise<void> => {
  checkRuntimeConf(conf);
  const result = await resultForDel(cacheDir, list, conf);
  for (const plugin of list.plugins.toReversed()) {
    await invokeFor(invocation, 'DEL', { list, plugin, conf, result });
  }
  await removeAttachment(cacheDir, list.name, conf);
};
