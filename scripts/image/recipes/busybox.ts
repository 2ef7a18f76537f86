import type { Recipe } from '../recipe.ts';

/** Every image has busybox; this one has nothing else. */
export const busybox: Recipe = {
  packages: [],
  config: { Cmd: ['sh'] },
};
