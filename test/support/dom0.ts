import { fileURLToPath } from 'node:url';

import { execa } from 'execa';

import { defaultSpec } from '../../src/oci/default-spec.ts';

const program = fileURLToPath(new URL('../../scripts/dom0', import.meta.url));

export interface Outcome {
  readonly stdout: Buffer;
  readonly stderr: string;
  readonly exitCode: number;
}

/** Runs a shell script in the Dom0; its arguments are $1 and on. */
export const inDom0 = async (
  script: string,
  args: readonly string[] = [],
  input: Uint8Array | string = '',
): Promise<Outcome> => {
  const result = await execa(program, ['exec', '--', 'bash', '-c', script, 'bash', ...args], {
    input,
    reject: false,
    encoding: 'buffer',
    stripFinalNewline: false,
    timeout: 300_000,
  });
  return {
    stdout: Buffer.from(result.stdout),
    stderr: Buffer.from(result.stderr).toString(),
    exitCode: result.exitCode ?? -1,
  };
};

/** Directory of the tests' bundles in the Dom0. */
const bundles = '/var/tmp/runx-test';

const applets =
  'sh ls cat echo printf uname id sleep env hostname mount ps dd head true kill pwd tty sha256sum stty find';

// rootfs DIRECTORY: makes the busybox rootfs that the bundles share, if it is not there.
const rootfsFunction = `rootfs() {
  [ ! -e "$1/etc/passwd" ] || return 0
  mkdir -p "$1"/{bin,etc,tmp}
  cp /usr/bin/busybox "$1/bin/busybox"
  for applet in ${applets}; do ln -s busybox "$1/bin/$applet"; done
  echo 'root:x:0:0:root:/root:/bin/sh' > "$1/etc/passwd"
}`;
const sharedRootfs = `${bundles}/rootfs`;

/** Makes the busybox rootfs, and says where it is. */
export const makeRootfs = async (directory = sharedRootfs): Promise<string> => {
  const made = await inDom0(`set -e; ${rootfsFunction}; rootfs "$1"`, [directory]);
  if (made.exitCode !== 0) throw new Error(`no rootfs: ${made.stderr}`);
  return directory;
};

type Spec = typeof defaultSpec;

/** Writes a bundle for `args`, without a terminal, and returns its directory. */
export const makeBundle = async (
  name: string,
  args: readonly string[],
  change: (spec: Spec) => object = (spec) => spec,
): Promise<string> => {
  const bundle = `${bundles}/${name}`;
  const spec = change({
    ...defaultSpec,
    root: { path: sharedRootfs, readonly: true },
    process: { ...defaultSpec.process, terminal: false, args: [...args] },
  });
  const written = await inDom0(
    `set -e; ${rootfsFunction}; rootfs "$2"; mkdir -p "$1"; cat > "$1/config.json"`,
    [bundle, sharedRootfs],
    JSON.stringify(spec),
  );
  if (written.exitCode !== 0) throw new Error(`no bundle: ${written.stderr}`);
  return bundle;
};

/** A process's capabilities, with these in each set that counts. */
export const capabilitySets = (names: readonly string[]) => ({
  bounding: [...names],
  effective: [...names],
  permitted: [...names],
});

/**
 * Waits, in a script, until a container has stopped, as its monitor has: each call of runx
 * takes seconds from what it would wait for.
 */
export const untilStopped = (id: string): string =>
  `monitor=$(grep -A 1 '"monitor"' "/run/runx/${id}/state.json" | grep -o '[0-9]*'); while kill -0 "$monitor" 2> /dev/null; do sleep 0.1; done`;

/** What a test must not leave: domains but Domain-0, state, runx's processes, consoles in xenstore. */
export const leftovers = async (): Promise<string> => {
  const { stdout } = await inDom0(`
    deadline=$((SECONDS + 20))
    look() {
      xl list | tail -n +3
      ls -A /run/runx 2>/dev/null
      ps -eo comm=,args= | awk '$1 ~ /^(runx-monitor|diod|.*qemu-)/'
      xenstore-ls -f /local/domain/0/backend 2>/dev/null | grep /console/[0-9]
    }
    # What a domain leaves goes a moment after its container has ended.
    while left=$(look); [ -n "$left" ] && [ $SECONDS -lt $deadline ]; do sleep 0.2; done
    [ -z "$left" ] || echo "$left"`);
  return stdout.toString();
};
