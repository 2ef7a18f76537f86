// Deletes the cached attachments of containers whose network namespace is gone, for example
// after a reboot:
//
//   node --import tsx examples/garbage.ts examples/bridge.conflist
import { existsSync } from 'node:fs';

import { createCni, loadNetworkConfigurationFile } from 'cni-ts-client';

const [file = 'bridge.conflist'] = process.argv.slice(2);

const cni = createCni({ path: ['/opt/cni/bin', '/usr/lib/cni'] });
const list = await cni.negotiateVersion(await loadNetworkConfigurationFile(file));
const attachments = await cni.getCachedAttachments();
const valid = attachments
  .filter(({ network, netNS }) => network === list.name && netNS !== undefined && existsSync(netNS))
  .map(({ containerID, ifName }) => ({ containerID, ifname: ifName }));
await cni.gcNetworkList(list, valid);
