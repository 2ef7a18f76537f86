import type { Point } from '../../src/check/point.ts';
import { inDom0 } from './dom0.ts';

/** Why xl's QEMU cannot serve 9P in this Dom0; undefined if it can. */
export const findQemuLack = async (): Promise<string | undefined> => {
  const { stdout } = await inDom0(
    `echo 'diod = "no-such-diod"' > /tmp/lack.toml
     runx --config /tmp/lack.toml check --json; rm /tmp/lack.toml`,
  );
  const { points }: { readonly points: readonly Point[] } = JSON.parse(stdout.toString());
  const found = points.find(({ name }) => name === '9p')?.found ?? 'no word of 9p';
  return found.includes('xl starts ') ? undefined : found;
};
