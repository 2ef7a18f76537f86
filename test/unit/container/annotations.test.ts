import assert from 'node:assert/strict';
import { test } from 'node:test';

import { annotationNames } from '../../../src/config.ts';
import { parseAnnotations } from '../../../src/container/annotations.ts';
import { RunxError } from '../../../src/errors.ts';

test('other annotations are nothing to runx', () => {
  assert.deepEqual(parseAnnotations({ 'io.kubernetes.cri.container-type': 'sandbox' }, []), {});
});

test('every annotation that is allowed', () => {
  const annotations = {
    'io.runx.memory_mib': '512',
    'io.runx.memory_max_mib': '1024',
    'io.runx.vcpus': '2',
    'io.runx.vcpus_max': '4',
    'io.runx.domain_type': 'pvh',
    'io.runx.kernel': '/boot/kernel',
    'io.runx.ramdisk': '',
    'io.runx.kernel_arguments': 'transparent_hugepage=never a="b c"',
  };
  assert.deepEqual(parseAnnotations(annotations, annotationNames), {
    memory_mib: 512,
    memory_max_mib: 1024,
    vcpus: 2,
    vcpus_max: 4,
    domain_type: 'pvh',
    kernel: '/boot/kernel',
    ramdisk: '',
    kernel_arguments: 'transparent_hugepage=never a="b c"',
  });
});

const refused: readonly [name: string, value: string, sentence: string | RegExp][] = [
  ['vcpus', '0', 'annotation io.runx.vcpus: must be a whole number'],
  ['vcpus', '65', 'annotation io.runx.vcpus: Invalid value: Expected <=64 but received 65'],
  ['vcpus_max', 'many', 'annotation io.runx.vcpus_max: must be a whole number'],
  ['memory_mib', '1.5', 'annotation io.runx.memory_mib: must be a whole number'],
  ['domain_type', 'hvm', /^annotation io\.runx\.domain_type: Invalid type: .* received "hvm"$/],
  ['kernel', '/boot\0', 'annotation io.runx.kernel: must not contain a NUL byte'],
  ['kernel_arguments', 'a\nb', 'annotation io.runx.kernel_arguments: must be printable ASCII'],
  ['kernel_arguments', 'a'.repeat(901), /^annotation io\.runx\.kernel_arguments: Invalid length/],
];
for (const [name, value, sentence] of refused) {
  test(`${name} = ${JSON.stringify(value.slice(0, 9))} is refused`, () => {
    assert.throws(
      () => parseAnnotations({ [`io.runx.${name}`]: value }, annotationNames),
      sentence instanceof RegExp ? { message: sentence } : new RunxError(sentence),
    );
  });
}

test('one that runx.toml does not allow is refused by the key that would', () => {
  assert.throws(
    () => parseAnnotations({ 'io.runx.vcpus': '2' }, ['io.runx.memory_mib']),
    new RunxError('annotation io.runx.vcpus is not allowed: add it to annotations in runx.toml'),
  );
});

for (const name of ['io.runx.kernels', 'io.runx.own_kernel', 'io.runx.vcpu', 'io.runx.']) {
  test(`${name} is refused`, () => {
    assert.throws(
      () => parseAnnotations({ [name]: 'x' }, annotationNames),
      new RunxError(
        `annotation ${name} is not supported: the annotations of runx are ${annotationNames.join(', ')}`,
      ),
    );
  });
}
