import assert from 'node:assert/strict';

import { isFull } from '../support/full.ts';
import { withGuest } from '../support/guest-network.ts';
import { randomNumbers } from '../support/random-text.ts';

const mac = '02:00:00:00:00:01';

const wrongLines: readonly (readonly [line: string, why: string])[] = [
  ['', 'unknown line'],
  ['\naddress', 'unknown line'],
  ['lin eth0', 'unknown line'],
  [' link', 'unknown line'],
  ['LINK eth0', 'unknown line'],
  ['link', 'no NAME'],
  ['link ', 'wrong NAME'],
  [`link  eth0 ${mac} 1500`, 'wrong NAME'],
  [`link ${'e'.repeat(16)} ${mac} 1500`, 'wrong NAME'],
  [`link ../eth0 ${mac} 1500`, 'wrong NAME'],
  [`link .. ${mac} 1500`, 'wrong NAME'],
  [`link eth%d ${mac} 1500`, 'wrong NAME'],
  ['link eth0', 'no MAC'],
  ['link eth0 - 1500', 'wrong MAC'],
  ['link eth0 02:00:00:00:00 1500', 'wrong MAC'],
  ['link eth0 02:00:00:00:00:0g 1500', 'wrong MAC'],
  ['link eth0 02-00-00-00-00-01 1500', 'wrong MAC'],
  [`link eth0 ${mac}:00 1500`, 'wrong MAC'],
  [`link eth0 ${mac}`, 'no MTU'],
  [`link eth0 ${mac} 0`, 'wrong MTU'],
  [`link eth0 ${mac} -1`, 'wrong MTU'],
  [`link eth0 ${mac} 01500`, 'wrong MTU'],
  [`link eth0 ${mac} 1500x`, 'wrong MTU'],
  [`link eth0 ${mac} 99999999999999999999`, 'wrong MTU'],
  [`link eth0 ${mac} 1500 `, 'too many words'],
  [`link eth0 ${mac} 1500\r`, 'wrong MTU'],
  ['mtu eth0', 'no MTU'],
  ['address eth0', 'no LOCAL'],
  ['address eth0 10.1.0 24 -', 'wrong LOCAL'],
  ['address eth0 10.1.0.256 24 -', 'wrong LOCAL'],
  ['address eth0 10.1.0.2/24 24 -', 'wrong LOCAL'],
  ['address eth0 fd00::1::2 64 -', 'wrong LOCAL'],
  ['address eth0 fe80::1%eth0 64 -', 'wrong LOCAL'],
  ['address eth0 - 24 -', 'wrong LOCAL'],
  ['address eth0 10.1.0.2 33 -', 'wrong PREFIX'],
  ['address eth0 fd00::2 129 -', 'wrong PREFIX'],
  ['address eth0 10.1.0.2 24', 'no PEER'],
  ['address eth0 10.1.0.2 24 fd00::1', 'wrong PEER'],
  ['address eth0 10.1.0.2 24 --', 'wrong PEER'],
  ['route eth0 10.0.0.0 - - 0 0 0', 'wrong DESTINATION/PREFIX'],
  ['route eth0 10.0.0.0/ - - 0 0 0', 'wrong DESTINATION/PREFIX'],
  ['route eth0 /8 - - 0 0 0', 'wrong DESTINATION/PREFIX'],
  ['route eth0 default - - 0 0 0', 'wrong DESTINATION/PREFIX'],
  ['route eth0 10.0.0.0/33 - - 0 0 0', 'wrong DESTINATION/PREFIX'],
  [`route eth0 ${'0'.repeat(80)}/8 - - 0 0 0`, 'wrong DESTINATION/PREFIX'],
  ['route eth0 10.0.0.0/8 fe80::1 - 0 0 0', 'wrong GATEWAY'],
  ['route eth0 10.0.0.0/8 - x 0 0 0', 'wrong SOURCE'],
  ['route eth0 10.0.0.0/8 - - - 0 0', 'wrong METRIC'],
  ['route eth0 10.0.0.0/8 - - 4294967296 0 0', 'wrong METRIC'],
  ['route eth0 10.0.0.0/8 - - 0 256 0', 'wrong SCOPE'],
  ['route eth0 10.0.0.0/8 - - 0 link 0', 'wrong SCOPE'],
  ['route eth0 10.0.0.0/8 - - 0 0 2', 'wrong ONLINK'],
  ['route eth0 10.0.0.0/8 - - 0 0', 'no ONLINK'],
  ['route eth0 10.0.0.0/8 - - 0 0 0 0', 'too many words'],
  ['neighbour eth0 x 02:00:00:00:00:01', 'wrong ADDRESS'],
  ['neighbour eth0 10.0.0.1 02', 'wrong MAC'],
  ['dhcp', 'no NAME'],
  ['dhcp eth0 eth1', 'too many words'],
  ['lease a/b', 'wrong NAME'],
  ['resolv', 'no TEXT'],
  ['resolv ', 'no TEXT'],
  ['resolv name\u0007server', 'wrong TEXT'],
  ['dhcp eth0\0', 'wrong NAME'],
];

withGuest('a line that is wrong is named with what is wrong', async (guest) => {
  for (const [line, why] of wrongLines) {
    const [shown = ''] = line.split('\n');
    // eslint-disable-next-line no-control-regex -- what is not printable is not shown
    const subject = shown.replaceAll(/[\0-\x1f\x7f]/g, '?').slice(0, 128);
    assert.deepEqual(
      await guest.apply(`${line}\nlink eth0 x`),
      { code: 1, said: `network: ${subject}: ${why}\n` },
      JSON.stringify(line),
    );
  }
});

const refusals: readonly (readonly [line: string, sentence: string])[] = [
  ['route eth0 10.0.0.0/8 10.9.0.1 - 0 0 0', 'route eth0 10.0.0.0/8: Network unreachable'],
  ['route eth0 10.1.2.3/8 - - 0 253 0', 'route eth0 10.1.2.3/8: Invalid argument'],
  ['route eth0 10.0.0.0/8 - 10.7.7.7 0 253 0', 'route eth0 10.0.0.0/8: Invalid argument'],
  ['route eth7 10.0.0.0/8 - - 0 253 0', 'route eth7 10.0.0.0/8: No such device'],
  ['address eth7 10.0.0.1 8 -', 'address eth7 10.0.0.1: No such device'],
  ['address eth0 ff02::1 64 -', 'address eth0 ff02::1: Address not available'],
  ['neighbour eth7 10.0.0.1 02:00:00:00:00:01', 'neighbour eth7 10.0.0.1: No such device'],
  ['mtu eth0 20', 'mtu eth0 20: Invalid argument'],
  ['mtu eth7 1500', 'mtu eth7 1500: No such device'],
  ['dhcp eth7', 'dhcp eth7: No such device'],
  ['lease eth7', 'lease eth7: No such device'],
];

withGuest('what the kernel refuses ends it there, and says why', async (guest) => {
  guest.addLink('eth0', mac);
  const before = `link eth0 ${mac} 1500\naddress eth0 10.1.0.2 24 -\n`;
  for (const [line, sentence] of refusals) {
    assert.deepEqual(await guest.apply(`${before}${line}\nmtu eth0 1300\n`), {
      code: 1,
      said: `network: ${sentence}\n`,
    });
  }
  assert.equal(guest.ip('link', 'show', 'eth0')[0]?.['mtu'], 1500);
});

withGuest('random bytes end in success or in a sentence', async (guest, t) => {
  guest.addLink('eth0', mac);
  const next = randomNumbers(t);
  const choose = <T>(list: readonly T[]): T => {
    const chosen = list[next(list.length)];
    assert.ok(chosen !== undefined);
    return chosen;
  };
  // None that waits: no MAC that nobody has, no server that does not answer.
  const lines = [
    `link eth0 ${mac} 1500`,
    'mtu eth0 1400',
    'address eth0 10.1.0.2 24 -',
    'address eth0 fd00::2 64 fd00::9',
    'route eth0 10.1.0.0/24 - 10.1.0.2 0 253 0',
    'route eth0 0.0.0.0/0 10.1.0.1 - 7 0 1',
    'route eth0 ::/0 fd00::1 - 0 0 0',
    'neighbour eth0 10.1.0.1 02:00:00:00:00:AA',
    'lease eth0',
    'resolv nameserver 10.1.0.1',
    'dhcp nowhere',
  ].map((line) => Buffer.from(`${line}\n`));
  const mutate = (line: Buffer): Buffer => {
    const bytes = Buffer.from(line);
    if (line.toString().startsWith('link')) return bytes;
    for (let count = next(3); count > 0; count -= 1) {
      bytes[next(bytes.length)] = choose([0, 10, 32, 32, 45, 47, 48, 57, 58, 255, next(256)]);
    }
    return next(8) === 0 ? bytes.subarray(0, next(bytes.length)) : bytes;
  };
  const count = isFull ? 2000 : 150;
  for (let round = 0; round < count; round += 1) {
    const input =
      round % 5 === 0
        ? Buffer.from(Array.from({ length: next(400) }, () => next(256)))
        : Buffer.concat(Array.from({ length: next(6) }, () => mutate(choose(lines))));
    const { code, said } = await guest.apply(input);
    const context = `${input.toString('hex')} gave ${said}`;
    assert.ok(code === 0 ? said === '' : code === 1, context);
    if (code === 1) assert.match(said, /^network: [ -~]{0,140}: [ -~]+\n$/, context);
  }
});
