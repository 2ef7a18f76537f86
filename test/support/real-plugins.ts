import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';

import { convertResult, parseNetworkConfiguration } from 'cni-ts-client';
import type { NetworkConfigurationList, Result, RuntimeConf } from 'cni-ts-client';

import { makeNamespaces, missingFor } from './network-namespaces.ts';
import type { Namespaces } from './network-namespaces.ts';

/** What nearly every network needs. */
export const basic = ['bridge', 'host-local', 'loopback'];

/** A network configuration with these plugins. */
export const listOf = (value: object): NetworkConfigurationList =>
  parseNetworkConfiguration(
    JSON.stringify({ cniVersion: '1.0.0', name: 'net', ...value }),
    'test.conflist',
  );

/** Leases in the test's own directory. */
export const hostLocal = (space: Namespaces, more: object = {}) => ({
  type: 'host-local',
  dataDir: join(space.directory, 'leases'),
  subnet: '10.213.0.0/24',
  ...more,
});

/** A bridge with a gateway address, and host-local. */
export const bridge = (space: Namespaces, more: object = {}) => ({
  type: 'bridge',
  bridge: 'br0',
  isGateway: true,
  ipam: hostLocal(space, { routes: [{ dst: '0.0.0.0/0' }] }),
  ...more,
});

/** A container with a network namespace of its own. */
export const confOf = (
  space: Namespaces,
  name: string,
  more: Partial<RuntimeConf> = {},
): RuntimeConf => ({
  containerID: name,
  netNS: space.addContainer(name),
  ifName: 'eth0',
  ...more,
});

/** The result's addresses, whatever its version. */
export const addresses = (result: Result): readonly string[] =>
  (convertResult(result, '1.1.0').ips ?? []).map((ip) => ip.address);

/** The addresses that host-local has given away. */
export const leases = async (space: Namespaces): Promise<readonly string[]> => {
  const names = await readdir(join(space.directory, 'leases', 'net'));
  return names.filter((name) => name !== 'lock' && !name.startsWith('last_reserved_ip'));
};

/** The container's `ip ARGS`. */
export const show = (space: Namespaces, conf: RuntimeConf, ...args: string[]): string =>
  space.run('ip', args, conf.netNS);

/**
 * A test with real plugins; it is skipped where one of them is missing, or a command
 * of `probe` fails that shows what they need of the machine.
 */
export const withPlugins = (
  name: string,
  plugins: readonly string[],
  body: (space: Namespaces) => Promise<void>,
  probe: readonly string[] = [],
): void => {
  test(name, async (t: TestContext) => {
    const missing = missingFor(plugins);
    if (missing !== undefined) return t.skip(missing);
    const space = await makeNamespaces(t);
    for (const command of probe) {
      const lack = space.lackFor(command);
      if (lack !== undefined) return t.skip(lack);
    }
    return body(space);
  });
};
