import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  renderDockerManifest,
  renderImageConfig,
  renderIndex,
  renderManifest,
} from '../../../scripts/image/layout.ts';
import type { RunConfig } from '../../../scripts/image/recipe.ts';
import { recipes } from '../../../scripts/image/recipes.ts';

const layer = { sha256: 'a'.repeat(64), size: 4096 };
const config = { sha256: 'b'.repeat(64), size: 256 };
const manifest = { sha256: 'c'.repeat(64), size: 128 };

const configOf = (run: RunConfig): Record<string, unknown> =>
  JSON.parse(renderImageConfig({ name: 'web', architecture: 'amd64', config: run }, layer));

test('a configuration has the layer as the only one, and a time that does not pass', () => {
  assert.deepEqual(configOf({ Cmd: ['sh'] }), {
    created: '1970-01-01T00:00:00Z',
    architecture: 'amd64',
    os: 'linux',
    config: {
      Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
      Cmd: ['sh'],
    },
    rootfs: { type: 'layers', diff_ids: [`sha256:${layer.sha256}`] },
    history: [{ created: '1970-01-01T00:00:00Z', created_by: 'scripts/images web' }],
  });
});

test('a recipe that has an environment has all of it', () => {
  assert.deepEqual(configOf({ Env: ['PATH=/bin'] })['config'], { Env: ['PATH=/bin'] });
});

test('a manifest describes the configuration and the layer', () => {
  assert.deepEqual(JSON.parse(renderManifest(config, layer)), {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: {
      mediaType: 'application/vnd.oci.image.config.v1+json',
      digest: `sha256:${config.sha256}`,
      size: 256,
    },
    layers: [
      {
        mediaType: 'application/vnd.oci.image.layer.v1.tar',
        digest: `sha256:${layer.sha256}`,
        size: 4096,
      },
    ],
  });
});

test('an index names the image for containerd and for OCI', () => {
  assert.deepEqual(JSON.parse(renderIndex('web', manifest)), {
    schemaVersion: 2,
    manifests: [
      {
        mediaType: 'application/vnd.oci.image.manifest.v1+json',
        digest: `sha256:${manifest.sha256}`,
        size: 128,
        annotations: {
          'io.containerd.image.name': 'runx.test/web:latest',
          'org.opencontainers.image.ref.name': 'latest',
        },
      },
    ],
  });
});

test('docker finds the configuration and the layer among the blobs', () => {
  assert.deepEqual(JSON.parse(renderDockerManifest('web', config, layer)), [
    {
      Config: `blobs/sha256/${config.sha256}`,
      RepoTags: ['runx.test/web:latest'],
      Layers: [`blobs/sha256/${layer.sha256}`],
    },
  ]);
});

for (const [name, recipe] of recipes) {
  test(`the recipe of ${name} is data alone, so that its JSON is all of the cache's key`, () => {
    assert.deepEqual(JSON.parse(JSON.stringify(recipe)), recipe);
  });

  test(`the recipe of ${name} has only paths below the image's root`, () => {
    const paths = [
      ...(recipe.removed ?? []),
      ...(recipe.directories ?? []).map(({ path }) => path),
      ...Object.keys(recipe.links ?? {}),
      ...(recipe.files ?? []).map(({ path }) => path),
    ];
    assert.deepEqual(
      paths.filter((path) => path.startsWith('/') || path.split('/').includes('..')),
      [],
    );
  });
}
