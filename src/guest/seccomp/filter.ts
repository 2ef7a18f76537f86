import { arch } from 'node:os';

import type { SeccompFilter } from './compile.ts';
import type { Spec } from '../../oci/spec.ts';

/** The filter of a container's processes; its compiler is loaded only for a profile. */
export const compileFilter = async ({ linux }: Spec): Promise<SeccompFilter | undefined> => {
  if (!linux.seccomp) return undefined;
  const { compileSeccomp } = await import('./compile.ts');
  return compileSeccomp(linux.seccomp, arch());
};
