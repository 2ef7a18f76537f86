import { readFile } from 'node:fs/promises';

import { inDom0 } from './dom0.ts';
import { data, imageArchive, isInDom0, orThrow, run, stopEngine, top } from './engines.ts';

const podmanRun = `${run}/podman`;

/** podman as the example configures it, with directories of its own, as a command line. */
export const podmanWords = [
  'env',
  `CONTAINERS_CONF=${podmanRun}/containers.conf`,
  'podman',
  '--root',
  `${data}/podman`,
  '--runroot',
  `${podmanRun}/run`,
];

/** Puts podman's configuration into place, and loads an image. */
export const startPodman = async (): Promise<void> => {
  if (!(await isInDom0('podman'))) return;
  await stopPodman();
  const example = await readFile(`${top}/examples/podman/containers.conf`);
  await inDom0('mkdir -p "$1" && cat > "$1/containers.conf"', [podmanRun], example);
  const load = [...podmanWords, 'load', '--input', await imageArchive('busybox')];
  orThrow(await inDom0('"$@"', load), 'loading');
};

export const stopPodman = (): Promise<void> => stopEngine('podman');
