import assert from 'node:assert/strict';
import { symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, describe, test } from 'node:test';

import { parseConfig } from '../../../src/config.ts';
import { parseAnnotations } from '../../../src/container/annotations.ts';
import { planContainer } from '../../../src/container/plan.ts';
import { checkSupported, warnOfCapabilities } from '../../../src/container/supported.ts';
import { annotationNames } from '../../../src/config.ts';
import { RunxError } from '../../../src/errors.ts';
import { printable } from '../../../src/log.ts';
import { parseSpec } from '../../../src/oci/spec.ts';
import { makeFileTree } from '../../support/file-tree.ts';
import { minimalSpec } from '../../support/spec.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const { process: own } = minimalSpec;
const inProcess = (changes: object): object => ({ process: { ...own, ...changes } });
const inLinux = (changes: object): object => ({ linux: changes });

const times = <T>(count: number, entry: T): readonly T[] =>
  Array.from({ length: count }, () => entry);

/** Each place of config.json that takes a text, with this text in it. */
const texts: Readonly<Record<string, (text: string) => object>> = {
  args: (text) => inProcess({ args: [text] }),
  'a path in args': (text) => inProcess({ args: [`/${text}`] }),
  PATH: (text) => inProcess({ args: ['none'], env: [`PATH=${text}`] }),
  env: (text) => inProcess({ env: [`A=${text}`] }),
  RUNX_KERNEL: (text) => inProcess({ env: [`RUNX_KERNEL=${text}`] }),
  cwd: (text) => inProcess({ cwd: `/${text}`, args: ['none'] }),
  capability: (text) => inProcess({ capabilities: { bounding: [text] } }),
  rlimit: (text) => inProcess({ rlimits: [{ type: text, soft: 1, hard: 1 }] }),
  hostname: (text) => ({ hostname: text }),
  destination: (text) => ({ mounts: [{ destination: `/${text}`, type: 'tmpfs' }] }),
  option: (text) => ({ mounts: [{ destination: '/d', type: 'tmpfs', options: [text] }] }),
  source: (text) => ({ mounts: [{ destination: '/d', type: 'tmpfs', source: `/${text}` }] }),
  'bind mount': (text) => ({ mounts: [{ destination: '/d', type: 'bind', source: text }] }),
  'mount type': (text) => ({ mounts: [{ destination: '/d', type: text }] }),
  namespace: (text) => inLinux({ namespaces: [{ type: text }] }),
  device: (text) => inLinux({ devices: [{ type: 'c', path: `/${text}` }] }),
  sysctl: (text) => inLinux({ sysctl: { [text]: text } }),
  maskedPaths: (text) => inLinux({ maskedPaths: [`/${text}`] }),
  rootfsPropagation: (text) => inLinux({ rootfsPropagation: text }),
  cpus: (text) => inLinux({ resources: { cpu: { cpus: text } } }),
  unified: (text) => inLinux({ resources: { unified: { 'cpu.max': text } } }),
  'system call': (text) =>
    inLinux({
      seccomp: {
        defaultAction: 'SCMP_ACT_ALLOW',
        syscalls: [{ names: [text], action: 'SCMP_ACT_ERRNO' }],
      },
    }),
  annotation: (text) => ({ annotations: { [text]: text } }),
  'annotation of runx': (text) => ({ annotations: { 'io.runx.netconf': text } }),
  hook: (text) => ({
    hooks: { startContainer: [{ path: '/h', args: [text], env: [`A=${text}`] }] },
  }),
};

/** Each place of config.json that takes a list, with so many entries. */
const lists: Readonly<Record<string, (count: number) => object>> = {
  args: (count) => inProcess({ args: Array(count).fill('a') }),
  env: (count) => inProcess({ env: Array(count).fill('A=b') }),
  'env of the wrong type': (count) => inProcess({ env: Array(count).fill(1) }),
  additionalGids: (count) => inProcess({ user: { additionalGids: Array(count).fill(1) } }),
  capabilities: (count) =>
    inProcess({ capabilities: { bounding: Array.from({ length: count }, (_, i) => `CAP_${i}`) } }),
  rlimits: (count) =>
    inProcess({ rlimits: times(count, { type: 'RLIMIT_CPU', soft: 1, hard: 1 }) }),
  mounts: (count) => ({ mounts: times(count, { destination: '/d', type: 'tmpfs' }) }),
  'mounts with a PATH': (count) => ({
    ...inProcess({ args: ['none'], env: [`PATH=${'b:'.repeat(60_000)}`] }),
    mounts: times(count, { destination: '/d', type: 'tmpfs' }),
  }),
  'mounts of a source': (count) => ({
    mounts: times(count, { destination: '/d', type: 'tmpfs', source: '/tmp' }),
  }),
  'bind mounts': (count) => ({
    mounts: times(count, { destination: '/d', type: 'bind', source: '/tmp' }),
  }),
  options: (count) => ({
    mounts: [{ destination: '/d', type: 'tmpfs', options: Array(count).fill('ro') }],
  }),
  namespaces: (count) => inLinux({ namespaces: times(count, { type: 'pid' }) }),
  devices: (count) => inLinux({ devices: times(count, { type: 'c', path: '/dev/x' }) }),
  sysctl: (count) =>
    inLinux({ sysctl: Object.fromEntries(Array.from({ length: count }, (_, i) => [i, '1'])) }),
  maskedPaths: (count) => inLinux({ maskedPaths: Array(count).fill('/proc/keys') }),
  uidMappings: (count) =>
    inLinux({ uidMappings: times(count, { containerID: 0, hostID: 0, size: 1 }) }),
  annotations: (count) => ({
    annotations: Object.fromEntries(Array.from({ length: count }, (_, i) => [`a${i}`, 'b'])),
  }),
  'system calls': (count) =>
    inLinux({
      seccomp: {
        defaultAction: 'SCMP_ACT_ALLOW',
        syscalls: [{ names: Array(count).fill('read'), action: 'SCMP_ACT_ERRNO' }],
      },
    }),
  'rules of system calls': (count) =>
    inLinux({
      seccomp: {
        defaultAction: 'SCMP_ACT_ALLOW',
        syscalls: Array.from({ length: count }, (_, i) => ({
          names: ['read'],
          action: 'SCMP_ACT_ERRNO',
          args: [{ index: 0, value: i, op: 'SCMP_CMP_EQ' }],
        })),
      },
    }),
  hooks: (count) => ({ hooks: { startContainer: times(count, { path: '/h' }) } }),
};

const planner = async (t: TestContext) => {
  const directory = await temporaryDirectory(t);
  const rootfs = join(directory, 'rootfs');
  await makeFileTree(directory, { executables: ['rootfs/bin/program'] });
  // A walk through it is as long as links can make it.
  await symlink(`./${'./'.repeat(2000)}`, join(rootfs, 'b'));
  for (let index = 0; index < 39; index += 1) {
    await symlink(`${'./'.repeat(1900)}l${index + 1}`, join(rootfs, `l${index}`));
  }
  await writeFile(join(directory, 'kernel'), '');
  await writeFile(join(directory, 'ramdisk'), '');
  const config = parseConfig(
    {
      kernel: join(directory, 'kernel'),
      ramdisk: join(directory, 'ramdisk'),
      diod: '/none',
      rootfs: 'disk',
      domain_type: 'pv',
      annotations: annotationNames,
    },
    'runx.toml',
  );
  let warnings = 0;
  const warn = (text: string): void => {
    printable(text);
    warnings += 1;
  };
  const log = { debug: () => {}, warn, error: () => {} };
  const plan = async (json: string): Promise<void> => {
    const spec = parseSpec(json, 'config.json');
    const process = checkSupported(spec);
    const annotations = parseAnnotations(spec.annotations, config.annotations);
    warnOfCapabilities(process, log);
    const bundle = { path: directory, spec, json, rootfs };
    const container = { id: 'web', bundle, process, annotations, networkCount: 0 };
    await planContainer({ config, log, root: directory }, container);
  };
  /** Plans a container; the time that this took on the CPU, in seconds, and why it was refused. */
  return async (changes: object) => {
    const json = JSON.stringify({ ...minimalSpec, ...changes });
    const before = process.cpuUsage();
    warnings = 0;
    let refusal: string | undefined;
    await plan(json).catch((error: unknown) => {
      if (!(error instanceof RunxError)) throw error;
      refusal = printable(error.message);
    });
    const { user, system } = process.cpuUsage(before);
    return { seconds: (user + system) / 1e6, refusal, warnings };
  };
};

const kib = 1024;

describe('a config.json with a huge', () => {
  for (const [what, make] of Object.entries(texts)) {
    test(`text in ${what} is answered within a second`, async (t) => {
      const plan = await planner(t);
      for (const part of ['x', '/a', './', 'b:', 'l0:', '../', ' ', '\n', '1,']) {
        for (const size of [3 * kib, 100 * kib, 1024 * kib]) {
          const { seconds, refusal } = await plan(make(part.repeat(size / part.length)));
          assert.ok(seconds < 1, `${size} bytes of ${JSON.stringify(part)}: ${seconds} s`);
          if (size > 128 * kib && !what.startsWith('annotation'))
            assert.notEqual(refusal, undefined, part);
        }
      }
    });
  }

  for (const [what, make] of Object.entries(lists)) {
    test(`list of ${what} is answered within a second`, async (t) => {
      const plan = await planner(t);
      for (const count of [1000, 30_000, 300_000]) {
        const { seconds, warnings } = await plan(make(count));
        assert.ok(seconds < 1, `${count} entries: ${seconds} s`);
        assert.ok(warnings < 100, `${warnings} warnings`);
      }
    });
  }
});
