import { type MountInfo, mountAt, unescapePath } from '../host/mounts.ts';
import type { Overlay } from './identity.ts';

// Colons and commas of a path, which separate others, have a backslash.
const unescapeOption = (path: string): string => path.replaceAll(/\\(.)/g, '$1');

/** The overlay mount at `directory`; undefined when there is none, or when its layers cannot be told. */
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
  // All in one option, or, since Linux 6.5, each in one of its own.
  const joined = valuesOf('lowerdir').flatMap((value) => value.split(/(?<!\\):/));
  const lower = [...joined, ...valuesOf('lowerdir+')].map(unescapeOption);
  // A list that was cut short, or has layers of data alone.
  if (lower.length === 0 || lower.includes('') || valuesOf('datadir+').length > 0) return undefined;
  const [upper] = valuesOf('upperdir').map(unescapeOption);
  return { lower, upper };
};
