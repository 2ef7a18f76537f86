import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';

import { parseSpec } from '../../../src/oci/spec.ts';
import { minimalSpec } from '../../support/spec.ts';

// Every property of config.json for Linux, runtime specification 1.2 (config.md,
// config-linux.md), as deep as the README's table goes.
const below = (prefix: string, names: string): readonly string[] =>
  names.split(' ').map((name) => `${prefix}${name}`);

const properties = [
  ...below('', 'ociVersion root.path root.readonly hostname domainname hooks annotations'),
  ...below('', 'vm solaris windows zos'),
  ...below('process.', 'terminal consoleSize args env cwd user capabilities rlimits'),
  ...below('process.', 'noNewPrivileges oomScoreAdj apparmorProfile selinuxLabel scheduler'),
  ...below('process.', 'ioPriority execCPUAffinity'),
  ...below('mounts[].', 'options uidMappings gidMappings'),
  ...below('linux.', 'namespaces uidMappings gidMappings timeOffsets devices cgroupsPath sysctl'),
  ...below('linux.', 'maskedPaths readonlyPaths seccomp rootfsPropagation mountLabel'),
  ...below('linux.', 'personality intelRdt'),
  ...below('linux.resources.', 'memory.limit cpu devices pids blockIO hugepageLimits network'),
  ...below('linux.resources.', 'rdma unified'),
];

interface Row {
  readonly part: string;
  readonly outcome: string;
}

const readRows = async (): Promise<readonly Row[]> => {
  const readme = await readFile(new URL('../../../README.md', import.meta.url), 'utf8');
  const section = readme.split('\n## ').find((text) => text.startsWith('Conformance\n')) ?? '';
  return section
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.split(/(?<!\\)\|/))
    .map(([, part = '', outcome = '']) => ({ part: part.trim(), outcome: outcome.trim() }));
};

/** The full names in a row's first cell: `process.args`, `env` are both of process. */
const namesIn = (part: string): readonly string[] => {
  const names = [...part.matchAll(/`([\w.[\]]+)`/g)].map(([, name = '']) => name);
  const prefix = /^(.*\.)\w+$/.exec(names[0] ?? '')?.[1] ?? '';
  return names.flatMap((name) => [name, `${prefix}${name}`]);
};

const isRefused = (property: string, wrong: unknown): boolean => {
  const change = property
    .split('.')
    .reduceRight<unknown>(
      (value, name) =>
        name === 'mounts[]' ? { mounts: [merge({ destination: '/a' }, value)] } : { [name]: value },
      wrong,
    );
  try {
    parseSpec(JSON.stringify(merge(minimalSpec, change)), 'config.json');
    return false;
  } catch {
    return true;
  }
};

/** Whether runx reads the property: what it drops may hold anything. */
const isRead = (property: string): boolean =>
  isRefused(property, { wrong: true }) || isRefused(property, 7);

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const merge = (base: unknown, change: unknown): unknown =>
  isObject(base) && isObject(change)
    ? {
        ...base,
        ...Object.fromEntries(
          Object.entries(change).map(([key, value]) => [key, merge(base[key], value)]),
        ),
      }
    : change;

for (const property of properties) {
  test(`the README says what becomes of ${property}, and the parser agrees`, async () => {
    const rows = (await readRows()).filter(({ part }) => namesIn(part).includes(property));
    const [group] = /^linux\.resources/.exec(property) ?? [];
    const found = rows.length > 0 || group === undefined ? rows : await rowsNaming(property);
    assert.notEqual(found.length, 0, 'there is a row');
    if (found.every(({ outcome }) => /^(not applied|no meaning)/.test(outcome))) {
      assert.equal(isRead(property), false, 'it is not even parsed');
    } else {
      assert.equal(isRead(property), true, 'it is parsed');
    }
  });
}

/** Rows about the rest of a group name its members in the text. */
const rowsNaming = async (property: string): Promise<readonly Row[]> => {
  const name = property.slice(property.lastIndexOf('.') + 1);
  return (await readRows()).filter(
    ({ part, outcome }) => part.includes('linux.resources') && outcome.includes(`\`${name}\``),
  );
};
