import assert from 'node:assert/strict';
import { type TestOptions, after, afterEach, before, test } from 'node:test';

import { inDom0 } from '../support/dom0.ts';
import {
  assertNothingLeft,
  confs,
  dom0,
  example,
  makeNetworkBundle,
  removeNetworks,
  writeConfs,
} from '../support/dom0-network.ts';
import { long } from '../support/full.ts';

// No domain is made in any of these: `create` fails before it comes to that.
const bundle = '/var/tmp/runx-test/refused';

const bridge = (more: object) => ({
  cniVersion: '1.0.0',
  name: 'net',
  type: 'bridge',
  bridge: 'failing0',
  ...more,
});
const hostLocal = (subnet: string, more: object = {}) => ({
  type: 'host-local',
  subnet,
  dataDir: '/run/ipam-state',
  ...more,
});

// Each container has an id of its own: what one leaves must not be another's failure.
let count = 0;

// Leases of containers that are somebody else's.
const leases = ['mynet/192.168.0.77', 'net/10.51.0.2'];

before(async () => {
  await writeConfs({
    'mynet.conf': await example('mynet.conf'),
    'broken.conf': '{ "name": "net",',
    'plugin.conf': bridge({ type: 'nosuch' }),
    'ipam.conf': bridge({ ipam: { type: 'nosuch' } }),
    'master.conf': bridge({ type: 'macvlan', master: 'nosuch0' }),
    'vlan.conf': bridge({ vlan: 5000 }),
    'full.conf': bridge({
      ipam: hostLocal('10.51.0.0/24', { rangeStart: '10.51.0.2', rangeEnd: '10.51.0.2' }),
    }),
    'owner.conf': bridge({}),
    'group.conf': bridge({}),
    'world.conf': bridge({}),
    'pipe.conf': '',
    'link.conf': '',
  });
  await makeNetworkBundle('refused', '');
  await dom0(
    `cd "$1"; chown 1000 owner.conf; chmod 664 group.conf; chmod 646 world.conf; mkdir directory.conf
     rm pipe.conf link.conf; mkfifo pipe.conf; cp mynet.conf "$2/inside.conf"; ln -s "$2/inside.conf" link.conf
     mkdir -p /var/lib/runx-test; cp mynet.conf /var/lib/runx-test; shift 2
     for lease; do
       mkdir -p "/run/ipam-state/\${lease%/*}"; printf 'another\\r\\neth0' > "/run/ipam-state/$lease"
     done`,
    confs,
    bundle,
    ...leases,
  );
});

after(async () => {
  await inDom0('for lease; do rm "/run/ipam-state/$lease"; done; rm -r /var/lib/runx-test', [
    ...leases,
  ]);
  await removeNetworks(['failing0', 'xenbr0']);
  await assertNothingLeft();
});

afterEach(async () => {
  const kept = leases.map((lease) => `/run/ipam-state/${lease}`).join('\n');
  const { stdout } = await inDom0(
    `look() {
       find /run/ipam-state -type f | grep -v -e lock -e last_reserved | sort; ls -A /run/runx
       ip -o link show type veth; ip netns; iptables-save | grep 'id: '; find /var/lib/runx -path /var/lib/runx/images -prune -o -type f -print 2> /dev/null
       grep nsfs /proc/self/mounts; xl list | tail -n +3; ps -eo args= | grep '^[^ ]*runx-monitor'
     }
     deadline=$((SECONDS + 20)); while [ "$(look)" != "$1" ] && [ $SECONDS -lt $deadline ]; do sleep 0.2; done
     # The bridge plugin gives up on a bridge that had only a failed container's port.
     look; rm -f /var/lib/runx/attachments/runx-refused-*; ip link delete xenbr0 2> /dev/null || :`,
    [kept],
  );
  assert.equal(stdout.toString(), `${kept}\n`, 'all is as it was');
});

/** A container that asks for this is refused in one line. */
const refused = (
  name: string,
  netconf: string,
  sentence: RegExp,
  {
    toml = '',
    change = {},
    options = {},
  }: { readonly toml?: string; readonly change?: object; readonly options?: TestOptions } = {},
): void => {
  test(name, options, async () => {
    await makeNetworkBundle('refused', netconf, ['true'], (spec) => ({ ...spec, ...change }));
    const result = await inDom0(
      `printf %s "$2" > /tmp/refused.toml; rc=0
       runx --config /tmp/refused.toml create --bundle "$1" "$3" < /dev/null || rc=$?
       rm /tmp/refused.toml; exit $rc`,
      [bundle, toml, `refused-${(count += 1)}`],
    );
    assert.match(result.stderr, /^runx: [^\n]+\n$/, 'one line');
    assert.match(result.stderr, sentence);
    assert.deepEqual([result.stdout.toString(), result.exitCode], ['', 1]);
  });
};

const file = (name: string): string => `${confs}/${name}`;

const files: readonly (readonly [what: string, netconf: string, sentence: RegExp])[] = [
  ['that is not there', `${file('nosuch.conf')},net`, /runx-test\/nosuch\.conf does not exist/],
  ['that is a directory', `${file('directory.conf')},net`, /directory\.conf/],
  ['that is a FIFO', `${file('pipe.conf')},net`, /pipe\.conf is not a regular file/],
  ['that is no JSON', `${file('broken.conf')},net`, /broken\.conf.*JSON/],
  ['that is not of root', `${file('owner.conf')},net`, /owner\.conf .*root/],
  ['that a group can write', `${file('group.conf')},net`, /group\.conf .*writ/],
  ['that all can write', `${file('world.conf')},net`, /world\.conf .*writ/],
  ['with a relative path', 'mynet.conf,mynet', /"mynet\.conf" is not an absolute path/],
  ['in the bundle', `${bundle}/inside.conf,mynet`, /inside\.conf/],
  ['in the bundle, by a link', `${file('link.conf')},mynet`, /link\.conf/],
  ['in an image store', '/var/lib/runx-test/mynet.conf,mynet', /mynet\.conf is not in \/etc\/cni/],
  ['with another name', `${file('mynet.conf')},othernet`, /"mynet".*"othernet"/],
];
for (const [what, netconf, sentence] of files) {
  // Level cli shows most of this without a Xen.
  refused(`a NETCONF file ${what} is refused`, netconf, sentence, { options: long });
}

refused('a plugin that is not there', `${file('plugin.conf')},net`, /plugin nosuch not found/);
refused('an ipam that is not there', `${file('ipam.conf')},net`, /nosuch not found/, {
  options: long,
});
refused(
  "what a plugin says is shown: macvlan's",
  `${file('master.conf')},net`,
  /macvlan.*Link not found/,
);
refused("what a plugin says is shown: bridge's", `${file('vlan.conf')},net`, /bridge.*5000/, {
  options: long,
});
refused('a range that is used up', `${file('full.conf')},net`, /no IP addresses available/);
refused('no IP address', `${file('mynet.conf')},mynet,192.168.0.300`, /192\.168\.0\.300/, {
  options: long,
});
refused(
  'an address outside the subnet',
  `${file('mynet.conf')},mynet,10.0.0.1`,
  /10\.0\.0\.1.*192\.168\.0\.0\/24/,
);
refused(
  'an address that another container has',
  `${file('mynet.conf')},mynet,192.168.0.77`,
  /192\.168\.0\.77/,
);
refused(
  'a second network that fails takes the first with it',
  `${file('mynet.conf')},mynet;${file('master.conf')},net`,
  /macvlan.*Link not found/,
);
refused('an empty NETCONF', ' ; ', /NETCONF.*FILE,NAME/, { options: long });
refused('NETCONF where runx.toml forbids it', `${file('mynet.conf')},mynet`, /netconf_env/, {
  toml: 'netconf_env = false\n',
  options: long,
});
refused('io.runx.netconf where runx.toml does not allow it', '', /io\.runx\.netconf/, {
  options: long,
  change: { annotations: { 'io.runx.netconf': `${file('mynet.conf')},mynet` } },
});
