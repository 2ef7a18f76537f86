import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';

import { loadConfig, parseConfig } from '../../src/config.ts';
import { RunxError } from '../../src/errors.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const writeConfig = async (t: TestContext, text: string): Promise<string> => {
  const file = join(await temporaryDirectory(t), 'runx.toml');
  await writeFile(file, text);
  return file;
};

test('an empty configuration is the defaults', () => {
  const { root, xl, diod, memory_mib, vcpus, domain_type } = parseConfig({}, 'runx.toml');
  assert.deepEqual(
    { root, xl, diod, memory_mib, vcpus, domain_type },
    { root: '/run/runx', xl: 'xl', diod: 'diod', memory_mib: 256, vcpus: 1, domain_type: 'auto' },
  );
});

test('kernel, ramdisk and monitor are beside the program unless the configuration says so', () => {
  const { kernel, ramdisk, monitor } = parseConfig({}, 'runx.toml');
  const names = [kernel, ramdisk, monitor].map((path) => path.slice(path.lastIndexOf('/')));
  assert.deepEqual(names, ['/kernel', '/ramdisk', '/runx-monitor']);
});

test('every setting can be set', async (t) => {
  const file = await writeConfig(
    t,
    `root = "/r"
     kernel = "/k"
     ramdisk = "/d"
     monitor = "/m"
     xl = "/opt/xl"
     diod = "/opt/diod"
     rootfs = "disk"
     mkfs_erofs = "/opt/mkfs"
     images_mib = 100
     writable_layer = "disk"
     writable_layer_mib = 64
     memory_mib = 512
     memory_max_mib = 1024
     vcpus = 2
     vcpus_max = 4
     annotations = ["io.runx.memory_mib", "io.runx.domain_type"]
     own_kernel = ["${'0a'.repeat(32)}"]
     netconf_env = false
     netconf_directories = ["/srv/cni"]
     host_network = "none"
     cni_path = ["/cni"]
     data_root = "/data"
     domain_type = "pvh"`,
  );
  assert.deepEqual(await loadConfig(file), {
    root: '/r',
    kernel: '/k',
    ramdisk: '/d',
    monitor: '/m',
    xl: '/opt/xl',
    diod: '/opt/diod',
    rootfs: 'disk',
    mkfs_erofs: '/opt/mkfs',
    images_mib: 100,
    writable_layer: 'disk',
    writable_layer_mib: 64,
    memory_mib: 512,
    memory_max_mib: 1024,
    vcpus: 2,
    vcpus_max: 4,
    annotations: ['io.runx.memory_mib', 'io.runx.domain_type'],
    own_kernel: ['0a'.repeat(32)],
    netconf_env: false,
    netconf_directories: ['/srv/cni'],
    host_network: 'none',
    cni_path: ['/cni'],
    data_root: '/data',
    domain_type: 'pvh',
  });
});

const refused: readonly [what: string, value: object, sentence: string][] = [
  ['a wrong type', { root: 1 }, 'root: Invalid type: Expected string but received 1'],
  ['a relative path', { kernel: 'kernel' }, 'kernel: must be an absolute path'],
  ['no memory', { memory_mib: 0 }, 'memory_mib: Invalid value: Expected >=1 but received 0'],
  ['half a CPU', { vcpus: 0.5 }, 'vcpus: Invalid integer: Received 0.5'],
  [
    'something else than a SHA-256',
    { own_kernel: ['0a'.repeat(32), '0A'.repeat(32)] },
    'own_kernel.1: must be a SHA-256 in hexadecimal, as printed by sha256sum',
  ],
  [
    'an unknown domain type',
    { domain_type: 'hvm' },
    'domain_type: Invalid type: Expected ("auto" | "pv" | "pvh") but received "hvm"',
  ],
];
for (const [what, value, sentence] of refused) {
  test(`runx.toml with ${what} is refused by the setting's name`, () => {
    assert.throws(
      () => parseConfig(value, '/c/runx.toml'),
      new RunxError(`/c/runx.toml: ${sentence}`),
    );
  });
}

test('unless it says so, no annotation is obeyed: an image may have written it', () => {
  const { annotations } = parseConfig({}, 'runx.toml');
  assert.deepEqual(annotations, []);
});

test('an annotation that runx does not know cannot be allowed', () => {
  assert.throws(
    () => parseConfig({ annotations: ['io.runx.kernels'] }, 'runx.toml'),
    (error) => error instanceof RunxError && error.message.startsWith('runx.toml: annotations.0: '),
  );
});

test('an unknown setting is refused by its name', () => {
  assert.throws(
    () => parseConfig({ rot: '/x' }, 'runx.toml'),
    (error) => error instanceof RunxError && error.message.startsWith('runx.toml: rot: '),
  );
});

for (const xl of ['', './xl', 'bin/xl']) {
  test(`xl = ${JSON.stringify(xl)}, neither a name nor an absolute path, is refused`, () => {
    assert.throws(
      () => parseConfig({ xl }, 'runx.toml'),
      (error) => error instanceof RunxError && error.message.startsWith('runx.toml: xl: '),
    );
  });
}

const invalid: readonly [what: string, text: string, line: number][] = [
  ['a key that is set twice', 'root = "/a"\nroot = "/b"\n', 2],
  ['a number out of range', '\n\nmemory_mib = 99999999999999999999\n', 3],
  ['a string without quotes', 'root = "/a"\nxl = xl\n', 2],
  ['a string without an end', '\nroot = "/a\n', 2],
];
for (const [what, text, line] of invalid) {
  test(`${what} is refused by file and line`, async (t) => {
    const file = await writeConfig(t, text);
    await assert.rejects(loadConfig(file), (error) => {
      assert.ok(error instanceof RunxError);
      assert.equal(error.message.split(': ')[0], `${file} line ${line}`);
      return true;
    });
  });
}

test('a configuration file that was asked for must be there', async (t) => {
  const file = join(await temporaryDirectory(t), 'runx.toml');
  await assert.rejects(
    loadConfig(file),
    new RunxError(`${file}: ENOENT: no such file or directory, open '${file}'`),
  );
});
