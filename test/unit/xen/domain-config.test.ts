import assert from 'node:assert/strict';
import { test } from 'node:test';

import { type DomainConfig, renderDomainConfig } from '../../../src/xen/domain-config.ts';
import { assertGolden } from '../../support/golden.ts';
import { randomTexts } from '../../support/random-text.ts';
import { parseXlConfig, parseXlDisk, parseXlShare } from '../../support/xl-config.ts';

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
    kernel: '/boot/it\'s "quoted" \\ é kernel',
    shares: [
      { tag: 'root', path: '/a b; name = "other"' },
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

const control = /\p{Cc}/u;
const script = '/usr/lib/runx/runx-monitor';

test('xl reads back any string that is written, and control characters are refused', (t) => {
  for (const text of randomTexts(t, { count: 3000, maximumLength: 12, without: '\0' })) {
    const config = { ...plain, name: text, kernel: text, ramdisk: text, kernelArguments: text };
    if (control.test(text)) {
      assert.throws(() => renderDomainConfig(config), /must not contain control characters$/);
      continue;
    }
    const settings = parseXlConfig(renderDomainConfig(config));
    for (const name of ['name', 'kernel', 'ramdisk', 'extra']) {
      assert.equal(settings.get(name), text, `${name} of ${JSON.stringify(text)}`);
    }
    assert.equal(settings.get('uuid'), plain.uuid);
  }
});

/** What xl reads for a disk and a share of these paths; undefined if runx refuses them. */
const readBack = (changes: Partial<DomainConfig>) => {
  let rendered;
  try {
    rendered = renderDomainConfig({ ...plain, ...changes });
  } catch (error) {
    assert.match(String(error), /must not contain (control characters|a comma)/);
    return undefined;
  }
  const settings = parseXlConfig(rendered);
  return {
    disks: [settings.get('disk') ?? []].flat().map(parseXlDisk),
    shares: [settings.get('p9') ?? []].flat().map(parseXlShare),
  };
};

test('no path of a disk or a share says anything else to xl', (t) => {
  let written = 0;
  for (const text of randomTexts(t, { count: 3000, maximumLength: 12, without: '\0' })) {
    const file = `/${text}`;
    const disks = [{ device: 'xvda', file, readonly: true }];
    const disk = readBack({ disks, diskScript: script })?.disks[0];
    if (disk === undefined) assert.match(file, control);
    else {
      written += 1;
      assert.equal(disk.get('target'), file);
      assert.deepEqual([disk.get('access'), disk.get('script')], ['ro', script]);
    }
    const share = readBack({ shares: [{ tag: 'root', path: file }] })?.shares[0];
    assert.equal(share?.get('path') ?? file, file);
    assert.equal(share?.get('security_model') ?? 'none', 'none');
    const scripted = readBack({
      disks: [{ device: 'xvda', file: '/f', readonly: true }],
      diskScript: file,
    });
    assert.equal(scripted?.disks[0]?.get('script') ?? file, file);
    assert.equal(scripted?.disks[0]?.get('access') ?? 'ro', 'ro');
  }
  assert.ok(written > 100, 'most are refused');
});

test('a newline in the path of a disk does not make it writable', () => {
  const disks = [{ device: 'xvda', file: '/image\naccess=rw', readonly: true }];
  assert.throws(() => renderDomainConfig({ ...plain, disks }), {
    message:
      'domain configuration: path of a disk "/image\\naccess=rw" must not contain control characters',
  });
});

test('the path of the bundle is one line of comment', (t) => {
  const lines = renderDomainConfig(plain).split('\n').length;
  for (const text of randomTexts(t, { count: 3000, maximumLength: 12, without: '\0' })) {
    const rendered = renderDomainConfig({ ...plain, bundle: text });
    assert.equal(rendered.split('\n').length, lines, JSON.stringify(text));
  }
});
