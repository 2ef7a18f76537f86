import { type MountInfo, mountAt, unescapePath } from '../host/mounts.ts';
import type { Overlay } from './identity.ts';

// A backslash escapes the colons and commas in a path.
const unescapeOption = (path: string): string => path.replaceAll(/\\(.)/g, '$1');

/** The overlay mounted at `directory`; undefined if there is none or its layers are not known. */
export const findOverlay = (
  mounts: readonly MountInfo[],
  directory: string,
): Overlay | undefined => {
  const mount = mountAt(mounts, directory);
  if (mount?.type !== 'overlay') return undefined;
  const valuesOf = (name: string): readonly string[] =>
    mount.superOptions
      .filter((option) => option.startsWith(`${name}=`))
      .map((option) => unescapePath(option.slice(name.length + 1)));
  // One option has all lower directories; since Linux 6.5, each can have an option lowerdir+.
  const joined = valuesOf('lowerdir').flatMap((value) => value.split(/(?<!\\):/));
  const lower = [...joined, ...valuesOf('lowerdir+')].map(unescapeOption);
  // The layers are not known if the list was truncated or has data-only layers.
  if (lower.length === 0 || lower.includes('') || valuesOf('datadir+').length > 0) return undefined;
  const [upper] = valuesOf('upperdir').map(unescapeOption);
  return { lower, upper };
};
