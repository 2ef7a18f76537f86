import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

import type { Blob, ImageFacts } from './layout.ts';
import {
  blobPath,
  renderDockerManifest,
  renderImageConfig,
  renderIndex,
  renderLayoutMark,
  renderManifest,
} from './layout.ts';
import type { RunLogged } from './program.ts';

// These options make the archive depend on nothing but the content of the tree.
const reproducible = ['--sort=name', '--mtime=@0'];

const addBlob = async (layout: string, file: string): Promise<Blob> => {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  const blob = { sha256: hash.digest('hex'), size: (await stat(file)).size };
  await rename(file, join(layout, blobPath(blob)));
  return blob;
};

const addDocument = async (layout: string, text: string): Promise<Blob> => {
  const file = join(layout, 'document');
  await writeFile(file, text);
  return addBlob(layout, file);
};

/** Makes the archive of a tree: an OCI image layout with docker's manifest.json. */
export const makeArchive = async (
  run: RunLogged,
  image: ImageFacts,
  { root, layout, archive }: Readonly<Record<'root' | 'layout' | 'archive', string>>,
): Promise<void> => {
  const { name } = image;
  const tree = join(layout, 'tree.tar');
  await mkdir(join(layout, 'blobs/sha256'), { recursive: true });
  // The layer is not compressed: unpacking it costs time in a Dom0 under emulation.
  run('tar', ['-C', root, ...reproducible, '--numeric-owner', '-cf', tree, '.']);
  const layer = await addBlob(layout, tree);
  const config = await addDocument(layout, renderImageConfig(image, layer));
  const manifest = await addDocument(layout, renderManifest(config, layer));
  await writeFile(join(layout, 'oci-layout'), renderLayoutMark());
  await writeFile(join(layout, 'index.json'), renderIndex(name, manifest));
  await writeFile(join(layout, 'manifest.json'), renderDockerManifest(name, config, layer));
  run('tar', ['-C', layout, ...reproducible, '--owner=0', '--group=0', '-cf', archive, '.']);
};
