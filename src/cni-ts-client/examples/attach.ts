// Adds a network namespace to a network, prints its addresses, and removes it again:
//
//   ip netns add demo
//   node --import tsx examples/attach.ts examples/bridge.conflist demo
import { PluginError, convertResult, createCni, loadNetworkConfigurationFile } from 'cni-ts-client';

const [file = 'bridge.conflist', name = 'demo'] = process.argv.slice(2);

const cni = createCni({ path: ['/opt/cni/bin', '/usr/lib/cni'], timeoutMs: 30_000 });
const list = await cni.negotiateVersion(await loadNetworkConfigurationFile(file));
const conf = {
  containerID: name,
  netNS: `/run/netns/${name}`,
  ifName: 'eth0',
  capabilityArgs: { portMappings: [{ hostPort: 8080, containerPort: 80, protocol: 'tcp' }] },
};

try {
  const result = convertResult(await cni.addNetworkList(list, conf), '1.1.0');
  for (const { address, gateway } of result.ips ?? []) console.log(address, 'by', gateway);
} catch (error) {
  if (!(error instanceof PluginError)) throw error;
  console.error(error.message);
  console.error('code', error.code, 'stderr', error.stderr);
  process.exitCode = 1;
} finally {
  // Needed after a failed ADD too: the earlier plugins of the chain may have succeeded.
  await cni.delNetworkList(list, conf);
}
