// Packs the base ramdisk: pack.ts BUSYBOX PROCESS-HELPER OUTPUT
import { readFileSync, writeFileSync } from 'node:fs';

import { renderCpio } from '../src/guest/cpio.ts';

const [busybox, helper, output] = process.argv.slice(2);
if (busybox === undefined || helper === undefined || output === undefined) {
  throw new Error('usage: pack.ts BUSYBOX PROCESS-HELPER OUTPUT');
}

const directory = 0o040755;
const program = 0o100755;
const link = 0o120777;
const character = 0o020600;

writeFileSync(
  output,
  renderCpio([
    ...['bin', 'dev', 'proc', 'run', 'runx', 'runx/containers', 'sbin', 'sys'].map((path) => ({
      path,
      mode: directory,
    })),
    { path: 'dev/console', mode: character, device: { major: 5, minor: 1 } },
    { path: 'bin/busybox', mode: program, content: readFileSync(busybox) },
    { path: 'bin/sh', mode: link, content: Buffer.from('busybox') },
    { path: 'init', mode: link, content: Buffer.from('sbin/runx-process') },
    { path: 'sbin/dhcp', mode: program, content: readFileSync(new URL('dhcp', import.meta.url)) },
    { path: 'sbin/runx-process', mode: program, content: readFileSync(helper) },
    // What the guest's kernel runs: when Dom0 writes control/shutdown, and for new devices.
    { path: 'sbin/poweroff', mode: link, content: Buffer.from('runx-process') },
    { path: 'sbin/exec', mode: link, content: Buffer.from('runx-process') },
  ]),
);
