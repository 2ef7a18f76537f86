import { machine } from 'node:os';
import { resolve } from 'node:path';

import { printed } from './programs.ts';

/** This machine's architecture, as scripts/build names it. */
const architecture = machine() === 'aarch64' ? 'arm64' : machine();

export const buildDirectory = resolve('build', architecture);

export const build = async (): Promise<void> => {
  await printed(['scripts/build']);
};

/** Makes the disk that a Dom0 of the default suite boots from. */
export const makeDom0Disk = async (): Promise<void> => {
  await printed(['scripts/testbed/image', 'bookworm', architecture]);
};
