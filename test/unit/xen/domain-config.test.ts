import assert from 'node:assert/strict';
import { test } from 'node:test';

import { type DomainConfig, renderDomainConfig } from '../../../src/xen/domain-config.ts';
import { assertGolden } from '../../support/golden.ts';
import { randomTexts } from '../../support/random-text.ts';
import { parseXlConfig } from '../../support/xl-config.ts';

const plain: DomainConfig = {
  bundle: '/bundles/web',
  name: 'web-6a1f8c2e',
  uuid: '6a1f8c2e-0b1c-4d5e-8f90-a1b2c3d4e5f6',
  type: 'pv',
  kernel: '/usr/lib/runx/kernel',
  ramdisk: '/run/runx/web/ramdisk',
  kernelArguments: 'console=hvc0 quiet',
  memoryMiB: 256,
  maxMemoryMiB: 256,
  vcpus: 1,
  maxVcpus: 1,
  shares: [{ tag: 'root', path: '/bundles/web/rootfs' }],
  disks: [],
  diskScript: '/usr/lib/runx/runx-monitor',
};

test('a plain domain configuration', async () => {
  await assertGolden('domain-plain.cfg', renderDomainConfig(plain));
});

test('a domain configuration of paths with every kind of character', async () => {
  const text = renderDomainConfig({
    ...plain,
    type: 'pvh',
    bundle: '/bundles/two\nlines = "1" é',
    kernel: '/boot/it\'s "quoted" \\ é\tkernel',
    shares: [
      { tag: 'root', path: '/a b\nname = "other"' },
      { tag: 'volume', path: '/日本' },
    ],
  });
  await assertGolden('domain-odd.cfg', text);
});

test('a domain with limits of every kind', async () => {
  const text = renderDomainConfig({
    ...plain,
    maxMemoryMiB: 1024,
    vcpus: 2,
    maxVcpus: 4,
    cpuset: '0-2,5',
    cpuWeight: 128,
    cap: 150,
  });
  await assertGolden('domain-limits.cfg', text);
});

test('a kernel that boots without a ramdisk has no such setting', () => {
  const settings = parseXlConfig(renderDomainConfig({ ...plain, ramdisk: undefined }));
  assert.deepEqual([settings.has('ramdisk'), settings.get('kernel')], [false, plain.kernel]);
});

test('a domain that shares nothing has no p9 setting', () => {
  const settings = parseXlConfig(renderDomainConfig({ ...plain, shares: [] }));
  assert.equal(settings.has('p9'), false);
});

test('a disk is connected by our script, and its file comes last', () => {
  const disks = [
    { device: 'xvda', file: '/a, b="c"', readonly: true },
    { device: 'xvdb', file: '/layer', readonly: false },
  ] as const;
  const settings = parseXlConfig(renderDomainConfig({ ...plain, shares: [], disks }));
  const script = 'backendtype=phy,script=/usr/lib/runx/runx-monitor';
  assert.deepEqual(settings.get('disk'), [
    `format=raw,vdev=xvda,access=ro,${script},target=/a, b="c"`,
    `format=raw,vdev=xvdb,access=rw,${script},target=/layer`,
  ]);
  assert.equal(parseXlConfig(renderDomainConfig(plain)).has('disk'), false);
});

test('whatever happens in the guest, xl keeps the domain and never restarts it', () => {
  const settings = parseXlConfig(renderDomainConfig(plain));
  for (const event of ['poweroff', 'reboot', 'crash', 'watchdog']) {
    assert.equal(settings.get(`on_${event}`), 'preserve', event);
  }
});

test('xl reads back any string that is written', (t) => {
  for (const text of randomTexts(t, { count: 3000, maximumLength: 12, without: '\0' })) {
    const rendered = renderDomainConfig({
      ...plain,
      bundle: text,
      name: text,
      kernel: text,
      ramdisk: text,
      kernelArguments: text,
      shares: [{ tag: 'root', path: text }],
    });
    const settings = parseXlConfig(rendered);
    for (const name of ['name', 'kernel', 'ramdisk', 'extra']) {
      assert.equal(settings.get(name), text, `${name} of ${JSON.stringify(text)}`);
    }
    assert.deepEqual(settings.get('p9'), [`tag=root,security_model=none,path=${text}`]);
    assert.equal(settings.get('uuid'), plain.uuid);
  }
});

test('no string adds a line', (t) => {
  const lines = renderDomainConfig(plain).split('\n').length;
  for (const text of randomTexts(t, { count: 3000, maximumLength: 12, without: '\0' })) {
    const rendered = renderDomainConfig({ ...plain, bundle: text, name: text, kernel: text });
    assert.equal(rendered.split('\n').length, lines, JSON.stringify(text));
  }
});
