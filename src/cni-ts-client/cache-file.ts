import * as v from 'valibot';

import type { RuntimeConf } from './attachment.ts';
import { record } from './document.ts';
import type { NetworkConfigurationList } from './configuration.ts';
import type { Result } from './result.ts';

// The value of "kind" in libcni's format.
const cacheKind = 'cniCacheV1';

const text = v.pipe(v.string(), v.nonEmpty());
const object = v.record(v.string(), v.unknown());

const cachedSchema = record({
  kind: v.literal(cacheKind),
  containerId: text,
  // Base64, which is how Go encodes bytes.
  config: v.pipe(
    v.exactOptional(v.string(), ''),
    v.transform((base64) => Buffer.from(base64, 'base64').toString('utf8')),
  ),
  ifName: text,
  networkName: text,
  netns: v.exactOptional(v.string()),
  cniArgs: v.exactOptional(v.array(v.tuple([v.string(), v.string()]))),
  capabilityArgs: v.exactOptional(object),
  result: v.exactOptional(v.unknown()),
  // An addition of this package, which libcni ignores.
  configArgs: v.exactOptional(object),
});

/** The content of a cache file; `config` is the JSON text of the network configuration. */
export type CachedInfo = v.InferOutput<typeof cachedSchema>;

/** Parses a cache file; undefined if the file has another format. */
export const parseCachedInfo = (value: unknown): CachedInfo | undefined => {
  const { success, output } = v.safeParse(cachedSchema, value);
  return success ? output : undefined;
};

/** Renders the network configuration with all its plugins as JSON text that can be parsed again. */
const renderConfiguration = (list: NetworkConfigurationList): string =>
  JSON.stringify({
    cniVersion: list.cniVersion,
    name: list.name,
    ...(list.disableCheck ? { disableCheck: true } : {}),
    ...(list.disableGC ? { disableGC: true } : {}),
    loadOnlyInlinedPlugins: true,
    plugins: list.plugins,
  });

const isEmpty = (value: object): boolean => Object.keys(value).length === 0;

/** Renders the cache file of an attachment in libcni's format. */
export const renderCachedInfo = (
  list: NetworkConfigurationList,
  conf: RuntimeConf,
  result: Result,
): string =>
  JSON.stringify({
    kind: cacheKind,
    containerId: conf.containerID,
    config: Buffer.from(renderConfiguration(list)).toString('base64'),
    ifName: conf.ifName,
    networkName: list.name,
    ...(conf.netNS === undefined ? {} : { netns: conf.netNS }),
    ...(isEmpty(conf.args ?? []) ? {} : { cniArgs: conf.args }),
    ...(isEmpty(conf.capabilityArgs ?? {}) ? {} : { capabilityArgs: conf.capabilityArgs }),
    result,
    ...(isEmpty(conf.cniArgs ?? {}) ? {} : { configArgs: conf.cniArgs }),
  });

/** The parameters with which the attachment was added. */
export const runtimeConfOf = (info: CachedInfo): RuntimeConf => ({
  containerID: info.containerId,
  netNS: info.netns,
  ifName: info.ifName,
  args: info.cniArgs,
  capabilityArgs: info.capabilityArgs,
  cniArgs: info.configArgs,
});
