// The documents of an OCI image layout, and of docker's archives.
import type { RunConfig } from './recipe.ts';

/** What is in the layout under its digest. */
export interface Blob {
  /** sha256 in hexadecimal. */
  readonly sha256: string;
  readonly size: number;
}

const epoch = '1970-01-01T00:00:00Z';
const defaultEnv = ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'];

const referenceOf = (name: string): string => `runx.test/${name}:latest`;

export const blobPath = ({ sha256 }: Blob): string => `blobs/sha256/${sha256}`;

const descriptor = (type: string, { sha256, size }: Blob): object => ({
  mediaType: `application/vnd.oci.image.${type}`,
  digest: `sha256:${sha256}`,
  size,
});

const renderDocument = (document: unknown): string => `${JSON.stringify(document, null, 2)}\n`;

export interface ImageFacts {
  readonly name: string;
  readonly architecture: string;
  readonly config: RunConfig;
}

export const renderImageConfig = (
  { name, architecture, config }: ImageFacts,
  layer: Blob,
): string =>
  renderDocument({
    created: epoch,
    architecture,
    os: 'linux',
    config: { Env: defaultEnv, ...config },
    rootfs: { type: 'layers', diff_ids: [`sha256:${layer.sha256}`] },
    history: [{ created: epoch, created_by: `scripts/images ${name}` }],
  });

export const renderManifest = (config: Blob, layer: Blob): string =>
  renderDocument({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: descriptor('config.v1+json', config),
    layers: [descriptor('layer.v1.tar', layer)],
  });

export const renderLayoutMark = (): string => renderDocument({ imageLayoutVersion: '1.0.0' });

export const renderIndex = (name: string, manifest: Blob): string =>
  renderDocument({
    schemaVersion: 2,
    manifests: [
      {
        ...descriptor('manifest.v1+json', manifest),
        annotations: {
          'io.containerd.image.name': referenceOf(name),
          'org.opencontainers.image.ref.name': 'latest',
        },
      },
    ],
  });

/** manifest.json, which `docker load` reads. */
export const renderDockerManifest = (name: string, config: Blob, layer: Blob): string =>
  renderDocument([
    {
      Config: blobPath(config),
      RepoTags: [referenceOf(name)],
      Layers: [blobPath(layer)],
    },
  ]);
