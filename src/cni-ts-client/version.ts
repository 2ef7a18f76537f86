/** The versions of the specification, oldest first. */
export const specVersions = [
  '0.1.0',
  '0.2.0',
  '0.3.0',
  '0.3.1',
  '0.4.0',
  '1.0.0',
  '1.1.0',
] as const;

export type SpecVersion = (typeof specVersions)[number];

/** The version of a document without a version. */
export const defaultVersion = '0.1.0' satisfies SpecVersion;

/** The newest version that this package supports. */
export const currentVersion = '1.1.0' satisfies SpecVersion;

export const isSpecVersion = (version: unknown): version is SpecVersion =>
  specVersions.some((known) => known === version);

/** Whether `version` is equal to or newer than `other`. */
export const isAtLeast = (version: SpecVersion, other: SpecVersion): boolean =>
  specVersions.indexOf(version) >= specVersions.indexOf(other);

/** The newest version of a list; undefined if the list is empty. */
export const greatestVersion = (versions: readonly SpecVersion[]): SpecVersion | undefined =>
  specVersions.findLast((known) => versions.includes(known));
