import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const architecture = process.arch === 'arm64' ? 'arm64' : 'x86_64';
const build = fileURLToPath(new URL(`../../build/${architecture}`, import.meta.url));

/** runx-monitor as scripts/build makes it, for what it can do without Xen. */
export const monitorProgram = process.env['RUNX_MONITOR'] ?? join(build, 'monitor', 'runx-monitor');

/** The ramdisk as scripts/build makes it. */
export const builtRamdisk = process.env['RUNX_RAMDISK'] ?? join(build, 'ramdisk');
