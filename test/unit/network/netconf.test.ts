import assert from 'node:assert/strict';
import { test } from 'node:test';

import { parseNetconf } from '../../../src/network/netconf.ts';

test('NETCONF is FILE,NAME and perhaps an address', () => {
  assert.deepEqual(parseNetconf('/etc/cni/a.conf,mynet', 'NETCONF'), [
    { file: '/etc/cni/a.conf', name: 'mynet', address: undefined },
  ]);
  assert.deepEqual(parseNetconf('/a,b,192.168.0.5', 'NETCONF')[0]?.address, {
    ip: '192.168.0.5',
    prefix: undefined,
  });
  assert.deepEqual(parseNetconf('/a,b,fd00::5/64', 'NETCONF')[0]?.address, {
    ip: 'fd00::5',
    prefix: 64,
  });
});

test('NETCONF can name several networks, separated by semicolons or spaces', () => {
  for (const text of ['/a,b;/c,d', '/a,b /c,d', ' /a,b ; /c,d;']) {
    assert.deepEqual(
      parseNetconf(text, 'NETCONF').map(({ file, name }) => [file, name]),
      [
        ['/a', 'b'],
        ['/c', 'd'],
      ],
    );
  }
});

const wrong: readonly (readonly [text: string, sentence: string])[] = [
  ['', 'NETCONF is empty; expected FILE,NAME[,IP]'],
  [' ;', 'NETCONF is empty; expected FILE,NAME[,IP]'],
  ['a.conf,b', 'NETCONF: "a.conf" is not an absolute path; expected FILE,NAME[,IP]'],
  ['/a', 'NETCONF: "/a" has no network name; expected FILE,NAME[,IP]'],
  ['/a,', 'NETCONF: "/a," has no network name; expected FILE,NAME[,IP]'],
  ['/a,b,', 'NETCONF: "" is not an IP address; expected FILE,NAME[,IP]'],
  ['/a,b,1.2.3', 'NETCONF: "1.2.3" is not an IP address; expected FILE,NAME[,IP]'],
  [
    '/a,b,1.2.3.4/33',
    'NETCONF: "1.2.3.4/33" has an invalid prefix length; expected FILE,NAME[,IP]',
  ],
  ['/a,b,fe80::1%eth0', 'NETCONF: "fe80::1%eth0" is not an IP address; expected FILE,NAME[,IP]'],
  ['/a,b,1.2.3.4,c', 'NETCONF: "/a,b,1.2.3.4,c" has too many parts; expected FILE,NAME[,IP]'],
];

for (const [text, sentence] of wrong) {
  test(`NETCONF ${JSON.stringify(text)} is refused`, () => {
    assert.throws(() => parseNetconf(text, 'NETCONF'), { message: sentence });
  });
}
