import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import { type DomainType, findDomainType, offeredTypes } from '../../../src/xen/domain-type.ts';
import { recordingLog } from '../../support/recording-log.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const hvm = 'hvm-3.0-x86_32 hvm-3.0-x86_32p hvm-3.0-x86_64';

// As in /sys/hypervisor/properties/capabilities, and as xen_caps of xl info.
const hosts: readonly [what: string, interfaces: string, offered: readonly DomainType[]][] = [
  ['with both', `xen-3.0-x86_64 ${hvm}`, ['pv', 'pvh']],
  ['whose hardware has no virtualization', 'xen-3.0-x86_64', ['pv']],
  ['that was built without PV', hvm, ['pvh']],
  ['on Arm', 'xen-3.0-aarch64 xen-3.0-armv7l', ['pvh', 'pv']],
  ['that offers nothing', '', []],
];
for (const [what, interfaces, offered] of hosts) {
  test(`a Xen ${what} has [${offered.join(', ')}], and the first is taken`, async (t) => {
    assert.deepEqual(offeredTypes(interfaces.split(' ')), offered);
    const file = join(await temporaryDirectory(t), 'capabilities');
    await writeFile(file, `${interfaces} \n`);
    const { log, debugs } = recordingLog();
    const type = offered[0] ?? 'pv';
    assert.equal(await findDomainType(log, file), type);
    assert.deepEqual(debugs, [`domain type ${type}: Xen offers ${interfaces}`]);
  });
}

test('where Xen does not say what it has, PV is taken, and on Arm PVH', async () => {
  const { log, debugs } = recordingLog();
  const type = process.arch === 'arm64' ? 'pvh' : 'pv';
  assert.equal(await findDomainType(log, '/no/capabilities'), type);
  assert.match(debugs[0] ?? '', /^domain type pvh?: cannot read what Xen offers: ENOENT/);
});
