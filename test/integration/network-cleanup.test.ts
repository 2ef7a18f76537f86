import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';

import { inDom0, untilStopped } from '../support/dom0.ts';
import {
  addressesOf,
  assertNothingLeft,
  confs,
  dom0,
  example,
  makeNetworkBundle,
  networkTraces,
  removeNetworks,
  stateOf,
  writeConfs,
} from '../support/dom0-network.ts';
import { isFull } from '../support/full.ts';

const plugins = '/var/tmp/runx-test/slow-plugins';
const netconf = `${confs}/mynet.conf,mynet`;

before(async () => {
  await writeConfs({ 'mynet.conf': await example('mynet.conf') });
});

afterEach(assertNothingLeft);

after(async () => {
  for (const name of ['cut', 'stale', 'living', 'cycle']) {
    await inDom0('runx delete --force "$1"', [name]);
  }
  await removeNetworks(['xenbr0']);
  await inDom0(`rm -rf ${plugins} /tmp/slow.*`);
});

// The bridge plugin, which has done its part and does not come back from ADD.
const slowBridge = `#!/bin/sh
if [ "$CNI_COMMAND" != ADD ]; then exec /usr/lib/cni/bridge; fi
/usr/lib/cni/bridge > /tmp/slow.result; echo $$ > /tmp/slow.pid; exec sleep 600
`;

test('runx killed in the middle of ADD: delete --force takes back what was done', async () => {
  await makeNetworkBundle('cut', netconf, ['true']);
  const made = await inDom0(
    'mkdir -p "$1"; cat > "$1/bridge"; chmod +x "$1/bridge"',
    [plugins],
    slowBridge,
  );
  assert.equal(made.exitCode, 0, made.stderr);
  const seen = await dom0(
    `echo 'cni_path = ["${plugins}", "/usr/lib/cni"]' > /tmp/slow.toml; rm -f /tmp/slow.pid
     runx --config /tmp/slow.toml create --bundle "/var/tmp/runx-test/$1" "$1" < /dev/null > /dev/null 2>&1 & pid=$!
     deadline=$((SECONDS + 60)); until [ -s /tmp/slow.pid ] || [ $SECONDS -gt $deadline ]; do sleep 0.2; done
     kill -9 $pid; wait $pid || :; kill -9 $(cat /tmp/slow.pid) || :
     find /run/ipam-state/mynet -name '192.*' | wc -l; iptables-save -t nat | grep -c 'runx-cut'
     runx --config /tmp/slow.toml delete --force "$1"`,
    'cut',
  );
  assert.equal(seen, '1\n3\n', 'there was a lease, and there were rules');
});

test('a plugin killed in the middle of ADD: create takes back what was done', async () => {
  const seen = await inDom0(
    `rm -f /tmp/slow.pid; runx --config /tmp/slow.toml create --bundle "/var/tmp/runx-test/$1" "$1" < /dev/null & pid=$!
     deadline=$((SECONDS + 60)); until [ -s /tmp/slow.pid ] || [ $SECONDS -gt $deadline ]; do sleep 0.2; done
     kill -9 $(cat /tmp/slow.pid); wait $pid; echo $?`,
    ['cut'],
  );
  assert.match(seen.stderr, /^runx: .*plugin bridge failed \(ADD\): killed by SIGKILL\n$/);
  assert.equal(seen.stdout.toString(), '1\n');
  await assertNothingLeft();
});

test('after a reboot, gc removes the networks of containers that are gone, and no others', async () => {
  for (const name of ['stale', 'living']) {
    await makeNetworkBundle(name, netconf, ['true']);
    // The monitor keeps what create inherits.
    await dom0(
      'runx create --bundle "/var/tmp/runx-test/$1" "$1" < /dev/null > /dev/null 2>&1',
      name,
    );
  }
  const { pid } = await stateOf('stale');
  // What is left of the one when its host has lost all but its disk; the leases of the
  // file are in /run, which stands for a directory that survives.
  await dom0(
    `kill -9 "$1"; xl list | awk 'NR > 2 && $1 ~ /stale/ { print $1 }' | xargs -r -n 1 xl destroy || :
     grep -o '/run/runx/stale/[^ ]*' /proc/self/mounts | xargs -r umount; rm -rf /run/runx/stale /run/runx/@domains/stale-*
     chain=$(iptables-save -t nat | sed -n 's/^-A \\(CNI-[0-9a-f]*\\) .*runx-stale.*/\\1/p' | sort -u)
     iptables-save -t nat | grep -v "$chain" | iptables-restore`,
    String(pid),
  );
  assert.match(await networkTraces(), /attachments\/runx-stale/);
  const first = await dom0('runx gc');
  assert.match(first, /^removed stale from mynet\n$/);
  assert.equal(await dom0('runx gc'), '', 'there is no more to do');
  const kept = await networkTraces();
  assert.doesNotMatch(kept, /stale/);
  assert.match(kept, /attachments\/runx-living/);
  assert.equal(kept.match(/ipam-state\/mynet\/192/g)?.length, 1, kept);
  await dom0('runx start living; runx delete --force living');
});

test('create, start, end and delete, again and again', async (t) => {
  const cycles = isFull ? 30 : 2;
  t.diagnostic(`${cycles} cycles`);
  await makeNetworkBundle('cycle', netconf, ['true']);
  for (let cycle = 0; cycle < cycles; cycle += 1) {
    await dom0(
      `runx create --bundle "/var/tmp/runx-test/$1" "$1" < /dev/null > /dev/null; runx start "$1"
       ${untilStopped('$1')}`,
      'cycle',
    );
    assert.match((await addressesOf('cycle'))[0] ?? '', /^192\.168\.0\.\d+$/);
    await dom0('runx delete "$1"', 'cycle');
    await assertNothingLeft();
  }
});
