import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

import type { RuntimeConf } from './attachment.ts';
import { parseCachedInfo, renderCachedInfo, runtimeConfOf } from './cache-file.ts';
import type { CachedInfo } from './cache-file.ts';
import type { NetworkConfigurationList } from './configuration.ts';
import { CacheError, ParameterError } from './errors.ts';
import { parseJson } from './json.ts';
import { convertResult } from './result-versions.ts';
import { parseResult } from './result.ts';
import type { Result } from './result.ts';
import { errorCodeOf } from './system-error.ts';
import type { SpecVersion } from './version.ts';

/** The default cache directory of libcni. */
export const defaultCacheDir = '/var/lib/cni';

/** An attachment in the cache. */
export interface NetworkAttachment extends RuntimeConf {
  readonly network: string;
  /** The JSON text of the network configuration. */
  readonly config: string;
}

type Identity = Pick<RuntimeConf, 'containerID' | 'ifName'>;

const resultsDirectory = (cacheDir: string): string => join(cacheDir, 'results');

const maximumFileName = 255;

/** The path of an attachment's file; throws a ParameterError if a name cannot be part of it. */
const cacheFile = (
  cacheDir: string,
  network: string,
  { containerID, ifName }: Identity,
): string => {
  const name = `${network}-${containerID}-${ifName}`;
  if (Buffer.byteLength(name) > maximumFileName || /[/\0]/.test(name)) {
    throw new ParameterError(
      'containerID',
      `cannot be part of the file name ${JSON.stringify(name)}`,
    );
  }
  return join(resultsDirectory(cacheDir), name);
};

const readIfThere = async (file: string): Promise<string | undefined> => {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (errorCodeOf(error) === 'ENOENT') return undefined;
    throw new CacheError(`${file} cannot be read (${errorCodeOf(error) ?? String(error)})`, {
      cause: error,
    });
  }
};

// The names "a-b" and "c" give the same file name as "a" and "b-c".
const isOf = (info: CachedInfo, network: string, { containerID, ifName }: Identity): boolean =>
  info.networkName === network && info.containerId === containerID && info.ifName === ifName;

/** Reads an attachment's file, which may be the file of another attachment with the same name. */
const readInfo = async (
  cacheDir: string,
  network: string,
  attachment: Identity,
): Promise<{ readonly file: string; readonly info: CachedInfo | undefined }> => {
  const file = cacheFile(cacheDir, network, attachment);
  return { file, info: parseCachedInfo(parseJson((await readIfThere(file)) ?? '')) };
};

/** Reads the cached attachment; undefined if the cache does not have it. */
export const loadAttachment = async (
  cacheDir: string,
  network: string,
  attachment: Identity,
): Promise<NetworkAttachment | undefined> => {
  const { info } = await readInfo(cacheDir, network, attachment);
  return info === undefined || !isOf(info, network, attachment) ? undefined : attachmentOf(info);
};

/**
 * Reads the cached result of ADD and converts it to a version.  Undefined if the cache does not
 * have the attachment.  Throws a CacheError if the file is damaged.
 */
export const loadResult = async (
  cacheDir: string,
  network: string,
  attachment: Identity,
  cniVersion: SpecVersion,
): Promise<Result | undefined> => {
  const file = cacheFile(cacheDir, network, attachment);
  const text = await readIfThere(file);
  if (text === undefined) return undefined;
  const value = parseJson(text);
  const info = parseCachedInfo(value);
  if (info !== undefined && !isOf(info, network, attachment)) return undefined;
  try {
    // Old versions of libcni wrote only the result.
    return convertResult(parseResult(info === undefined ? value : info.result), cniVersion);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new CacheError(`${file} is damaged: ${why}`, { cause: error });
  }
};

/** Throws a CacheError if the file belongs to another attachment with the same file name. */
export const checkCacheFile = async (
  cacheDir: string,
  network: string,
  attachment: Identity,
): Promise<void> => {
  const { file, info } = await readInfo(cacheDir, network, attachment);
  if (info !== undefined && !isOf(info, network, attachment)) {
    throw new CacheError(
      `${file} belongs to container ${info.containerId} in network ${info.networkName}`,
    );
  }
};

/** Writes the attachment's file atomically. */
export const saveAttachment = async (
  cacheDir: string,
  list: NetworkConfigurationList,
  conf: RuntimeConf,
  result: Result,
): Promise<void> => {
  const file = cacheFile(cacheDir, list.name, conf);
  // The draft is outside of results/, so that a leftover is not taken for an attachment.
  const unfinished = join(cacheDir, `.${randomUUID()}.tmp`);
  try {
    await mkdir(resultsDirectory(cacheDir), { recursive: true, mode: 0o700 });
    const handle = await open(unfinished, 'wx', 0o600);
    try {
      await handle.writeFile(renderCachedInfo(list, conf, result));
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(unfinished, file);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw new CacheError(`${file} cannot be saved (${errorCodeOf(error) ?? String(error)})`, {
      cause: error,
    });
  }
};

/** Removes the attachment's file, unless the file belongs to another attachment. */
export const removeAttachment = async (
  cacheDir: string,
  network: string,
  attachment: Identity,
): Promise<void> => {
  const { file, info } = await readInfo(cacheDir, network, attachment);
  if (info === undefined || isOf(info, network, attachment)) await rm(file, { force: true });
};

const attachmentOf = (info: CachedInfo): NetworkAttachment => ({
  ...runtimeConfOf(info),
  network: info.networkName,
  config: info.config,
});

/** Reads all cached attachments, or those of one container; ignores other files. */
export const loadAttachments = async (
  cacheDir: string,
  containerID?: string,
): Promise<readonly NetworkAttachment[]> => {
  const directory = resultsDirectory(cacheDir);
  let names: string[];
  try {
    names = await readdir(directory);
  } catch (error) {
    if (errorCodeOf(error) === 'ENOENT') return [];
    throw new CacheError(`${directory} cannot be read (${errorCodeOf(error) ?? String(error)})`, {
      cause: error,
    });
  }
  const infos = await Promise.all(
    names.toSorted().map(async (name) => {
      const text = await readFile(join(directory, name), 'utf8').catch(() => '');
      return parseCachedInfo(parseJson(text));
    }),
  );
  return infos
    .filter((info) => info !== undefined)
    .filter((info) => containerID === undefined || info.containerId === containerID)
    .map(attachmentOf);
};
