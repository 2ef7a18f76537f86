import assert from 'node:assert/strict';
import { test } from 'node:test';

import { capabilityNames } from '../../../src/oci/capabilities.ts';
import { features } from '../../../src/oci/features.ts';
import { ociVersion } from '../../../src/oci/version.ts';
import { specWith } from '../../support/spec.ts';

test('features says which versions of the specification are spoken', () => {
  assert.equal(features.ociVersionMin, '1.0.0');
  assert.equal(features.ociVersionMax, ociVersion);
});

test('a spec of either end of that range is accepted', () => {
  for (const version of [features.ociVersionMin, features.ociVersionMax]) {
    assert.equal(specWith({ ociVersion: version }).ociVersion, version);
  }
});

test('features lists the mount options in order, each once', () => {
  const { mountOptions } = features;
  assert.deepEqual(mountOptions, [...new Set(mountOptions)].toSorted());
  const some = ['bind', 'nosuid', 'rbind', 'ro', 'rprivate', 'rro', 'strictatime', 'tmpcopyup'];
  for (const option of some) assert.ok(mountOptions.includes(option), option);
});

test('features lists every capability', () => {
  assert.deepEqual(features.linux.capabilities, capabilityNames);
});

test('features lists the namespaces that a config.json may ask for', () => {
  const names = ['cgroup', 'ipc', 'mount', 'network', 'pid', 'user', 'uts'];
  assert.deepEqual(features.linux.namespaces, names);
});

test('features lists what a seccomp profile may say, and a profile that says it all is accepted', () => {
  const { enabled, actions, operators, archs, knownFlags, supportedFlags } = features.linux.seccomp;
  assert.equal(enabled, true);
  assert.deepEqual(supportedFlags, knownFlags);
  for (const names of [actions, operators, archs, knownFlags]) {
    assert.deepEqual(names, [...new Set(names)].toSorted());
  }
  const syscalls = actions.map((action) => ({
    names: ['read'],
    action,
    args: operators.map((op) => ({ index: 0, value: 0, op })),
  }));
  const seccomp = { defaultAction: actions[0], architectures: archs, flags: knownFlags, syscalls };
  assert.equal(specWith({ linux: { seccomp } }).linux.seccomp?.syscalls.length, actions.length);
});

test('features lists the hooks in the order in which they run', () => {
  assert.deepEqual(features.hooks, [
    'prestart',
    'createRuntime',
    'createContainer',
    'startContainer',
    'poststart',
    'poststop',
  ]);
});
