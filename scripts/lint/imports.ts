// Checks the direction of imports in src, and that no text is handed to a shell there.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import { report, renderViolations } from './exceptions.ts';
import { findShells, findWrongImports } from './layers.ts';

// Here since the folders were made; each of them is to go.
const known: readonly string[] = [
  'container/list.ts imports cli/table.ts',
  'container/top.ts imports cli/table.ts',
  'domain/size.ts imports container/annotations.ts',
  'guest/network.ts imports network/cni.ts',
  'guest/network.ts imports network/interfaces.ts',
  'guest/ramdisk.ts imports rootfs/rootfs.ts',
  'rootfs/choose.ts imports container/annotations.ts',
  'rootfs/choose.ts imports container/context.ts',
  'rootfs/readonly-mounts.ts imports container/context.ts',
  'rootfs/rootfs.ts imports guest/shares.ts',
  'version.ts imports oci/version.ts',
  'xen/disk-statistics.ts imports host/files.ts',
];

const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((file) =>
  file.endsWith('.ts'),
);
const sources = new Map(
  files.toSorted().map((file) => [file, readFileSync(join('src', file), 'utf8')]),
);
report(renderViolations([...findWrongImports(sources), ...findShells(sources)], known));
