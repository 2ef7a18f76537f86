import assert from 'node:assert/strict';
import { test } from 'node:test';

import { inDom0 } from '../support/dom0.ts';
import {
  addressesOf,
  assertNothingLeft,
  confs,
  dom0,
  example,
  inContainer,
  makeNetworkBundle,
  networkRootfs,
  peer,
  removeNetworks,
  runDetached,
  writeConfs,
} from '../support/dom0-network.ts';

const refusal = '/etc/modprobe.d/runx-test.conf';

test('a kernel that cannot redirect frames: a bridge in the namespace does it', async (t) => {
  t.after(async () => {
    await inDom0('runx delete --force fallback; rm -f "$1"', [refusal]);
    await removeNetworks(['xenbr0']);
    await assertNothingLeft();
  });
  const unloaded = await inDom0(
    `echo 'install act_mirred /bin/false' > "$1"; modprobe -r act_mirred && [ ! -e /sys/module/act_mirred ]`,
    [refusal],
  );
  if (unloaded.exitCode !== 0) return t.skip(`act_mirred stays: ${unloaded.stderr}`);
  await writeConfs({ 'mynet.conf': await example('mynet.conf') });
  await makeNetworkBundle('fallback', `${confs}/mynet.conf,mynet`);
  await runDetached('fallback');
  const [address = ''] = await addressesOf('fallback');
  const seen = await dom0(
    `${peer} ready "$1" 7; ${peer} call "$1" 7; ${peer} datagrams "$1" 7
     busybox ping -q -c 3 -W 5 "$1" > /dev/null; echo $?; ls -d /sys/module/act_mirred 2> /dev/null || echo no redirection
     busybox wget -q -O - "http://$1/blob" | sha256sum; sha256sum < "$2/blob"`,
    address,
    networkRootfs,
  );
  const [caller, datagrams, ping, redirection, got, expected] = seen.split('\n');
  assert.deepEqual(
    [caller, datagrams, ping, redirection, got],
    ['192.168.0.1', '1472 datagrams', '0', 'no redirection', expected],
  );
  const back = await inContainer('fallback', 'busybox ping -q -c 2 -W 5 192.168.0.1');
  assert.equal(back.exitCode, 0, back.stdout.toString());
});
