import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import type { defaultSpec } from '../../src/oci/default-spec.ts';
import { capabilitySets, type Outcome, inDom0, leftovers, makeBundle, makeRootfs } from './dom0.ts';

const rootfs = '/var/tmp/runx-test/rootfs-net';
/** Where the tests' NETCONF files are; they go with it. */
export const confs = '/etc/cni/runx-test';
const peerFile = '/var/tmp/runx-test/peer.py';
/** test/fixtures/network/peer.py in Dom0. */
export const peer = `python3 -I -S ${peerFile}`;

/** A script in the Dom0 that must succeed; what it prints. */
export const dom0 = async (script: string, ...args: readonly string[]): Promise<string> => {
  const result = await inDom0(`set -e -o pipefail; ${script}`, args);
  assert.equal(result.exitCode, 0, `${script}\n${result.stderr}${result.stdout.toString()}`);
  return result.stdout.toString();
};

/** One of the files of examples/netconf, as it is there. */
export const example = (file: string): Promise<string> =>
  readFile(new URL(`../../examples/netconf/${file}`, import.meta.url), 'utf8');

/** Writes NETCONF files, by their names; objects as JSON. */
export const writeConfs = async (
  files: Readonly<Record<string, string | object>>,
): Promise<void> => {
  for (const [file, content] of Object.entries(files)) {
    const text = typeof content === 'string' ? content : JSON.stringify(content);
    const made = await inDom0('mkdir -p "$1"; cat > "$1/$2"', [confs, file], text);
    assert.equal(made.exitCode, 0, made.stderr);
  }
};

// busybox, and python3 with no more than its interpreter reads to start.
const makeNetworkRootfs = async (): Promise<void> => {
  await makeRootfs(rootfs);
  const made = await inDom0(
    `set -e; mkdir -p "$(dirname "$2")" "$1/usr/bin"; cat > "$2"; cp "$2" "$1/peer.py"
     [ -e "$1/usr/bin/python3" ] && exit 0
     modules='import sys, os
for module in list(sys.modules.values()):
    for key in ("__file__", "__cached__"):
        if getattr(module, key, None): print(getattr(module, key))'
     { ldd /usr/bin/python3 | grep -o '/lib[^ ]*'; python3 -I -S -c "$modules"; } | sort -u |
       xargs cp -L --preserve=timestamps --parents -t "$1"
     python3 -I -S -c 'import sys; print(sys.path[-1])' | xargs -I{} mkdir -p "$1/{}"
     head -c 10000000 /dev/urandom > "$1/blob"; cp -L /usr/bin/python3 "$1/usr/bin/python3"`,
    [rootfs, peerFile],
    await readFile(fileURLToPath(new URL('../fixtures/network/peer.py', import.meta.url))),
  );
  assert.equal(made.exitCode, 0, made.stderr);
};

/** The rootfs in Dom0, with /blob, and peer.py as a program. */
export const networkRootfs = rootfs;

/** What a container runs that serves: files at port 80, peer.py at port 7. */
const serves = [
  'sh',
  '-c',
  'busybox httpd -p 80 -h /; exec /usr/bin/python3 -I -S /peer.py serve 7',
];

type Spec = typeof defaultSpec;

/** A bundle with what tests of networks need; NETCONF unless it is empty. */
export const makeNetworkBundle = async (
  name: string,
  netconf: string,
  args: readonly string[] = serves,
  change: (spec: Spec) => object = (spec) => spec,
): Promise<string> => {
  await makeNetworkRootfs();
  return makeBundle(name, args, (spec) => {
    const capabilities = [...spec.process.capabilities.bounding, 'CAP_NET_RAW', 'CAP_NET_ADMIN'];
    return change({
      ...spec,
      root: { path: rootfs, readonly: true },
      process: {
        ...spec.process,
        env: [...spec.process.env, ...(netconf === '' ? [] : [`NETCONF=${netconf}`])],
        capabilities: capabilitySets(capabilities),
      },
    });
  });
};

/** Starts the bundle of this name, detached, as a container of the same name. */
export const runDetached = (name: string, options = ''): Promise<string> =>
  dom0(
    `runx ${options} run -d --bundle "/var/tmp/runx-test/$1" "$1" < /dev/null > "/tmp/$1.out" 2>&1 ||
       { cat "/tmp/$1.out"; exit 1; }`,
    name,
  );

/** Runs a shell script in a container. */
export const inContainer = (name: string, script: string): Promise<Outcome> =>
  inDom0('runx exec "$1" sh -c "$2" < /dev/null', [name, script]);

interface NetworkState {
  readonly pid: number;
  readonly network?: readonly {
    readonly name: string;
    readonly mac: string;
    readonly addresses: readonly string[];
  }[];
}

export const stateOf = async (name: string): Promise<NetworkState> => {
  const state: NetworkState = JSON.parse(await dom0('runx state "$1"', name));
  return state;
};

/** The addresses of one of a container's interfaces, without their prefixes. */
export const addressesOf = async (name: string, interfaceName = 'eth0'): Promise<string[]> => {
  const { network = [] } = await stateOf(name);
  const found = network.find((one) => one.name === interfaceName);
  return (found?.addresses ?? []).map((address) => address.replace(/\/.*/, ''));
};

/** Starts a program in Dom0 that lives on, and returns how to end it. */
export const startInDom0 = async (command: string): Promise<() => Promise<void>> => {
  const pid = await dom0(
    'setsid bash -c "exec $1" < /dev/null > /dev/null 2>&1 & echo $!',
    command,
  );
  return async () => {
    await inDom0('kill -- "-$1"', [pid.trim()]);
  };
};

/**
 * What networks are there, and must not stay: leases, interfaces, rules, mounts and records; the
 * rules of `portmap` that all containers share are not of one container.
 */
export const networkTraces = async (waitSeconds = 0): Promise<string> => {
  const { stdout } = await inDom0(
    `deadline=$((SECONDS + $1))
    look() {
      find /run/ipam-state -type f 2> /dev/null | grep -vE '/(lock|last_reserved_ip[.0-9]*)$'
      ip -o link show | grep -oE '^[0-9]+: (veth|vif)[^:]*'
      { iptables-save; ip6tables-save; } 2> /dev/null | grep -E '^:CNI-(DN-)?[0-9a-f]{20}| id: '
      awk '$3 == "nsfs" && $2 !~ "^/run/netns/" { print $2 }' /proc/self/mounts | sort -u
      find /var/lib/runx -path /var/lib/runx/images -prune -o -type f -print 2> /dev/null
      ps -eo args= | grep -E '^/(opt/cni/bin|usr/lib/cni|usr/libexec/cni)/'
    }
    while left=$(look); [ -n "$left" ] && [ $SECONDS -lt $deadline ]; do sleep 0.2; done
    [ -z "$left" ] || echo "$left"`,
    [String(waitSeconds)],
  );
  return stdout.toString();
};

/** Nothing is left of any container, its networks included. */
export const assertNothingLeft = async (): Promise<void> => {
  assert.equal(await leftovers(), '', 'nothing is left behind');
  assert.equal(await networkTraces(20), '', 'no network is left behind');
};

/** Removes what tests made: bridges and the like, namespaces, NETCONF files. */
export const removeNetworks = async (
  links: readonly string[],
  namespaces: readonly string[] = [],
): Promise<void> => {
  await inDom0(
    `links=$1; for netns in $2; do ip netns delete "$netns"; done
     for link in $links; do ip link delete "$link"; done; rm -rf "$3" /tmp/*.out`,
    [links.join(' '), namespaces.join(' '), confs],
  );
};
