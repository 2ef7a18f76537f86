/** The kinds of Boot, from everything of runx to nothing of runx. */
export const bootKinds = ['runx', 'own-kernel', 'own-ramdisk', 'no-ramdisk'] as const;

/** A kind of Boot (boot.ts). */
export type BootKind = (typeof bootKinds)[number];

/** Whether the domain does not run the init of runx, so that exec and hooks are not available. */
export const hasOwnGuest = (kind: BootKind): boolean =>
  kind === 'own-ramdisk' || kind === 'no-ramdisk';
