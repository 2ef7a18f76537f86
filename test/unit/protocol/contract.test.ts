import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import * as contract from '../../../src/protocol/contract.ts';

const read = (name: string): string =>
  readFileSync(new URL(`../../../src/protocol/${name}`, import.meta.url), 'utf8');
const paths = read('paths.h');
const limits = read('limits.h');

const pathOf = (name: string): string => {
  const [, text] = new RegExp(`^#define ${name} "([^"]*)"$`, 'm').exec(paths) ?? [];
  assert.ok(text !== undefined, `paths.h has ${name}`);
  return text;
};

const numberOf = (name: string): number => {
  const [, text, , shift = 0] =
    new RegExp(`^ *${name} = (\\d+)( << (\\d+))?,`, 'm').exec(limits) ?? [];
  assert.ok(text !== undefined, `limits.h has ${name}`);
  return Number(text) * 2 ** Number(shift);
};

test('what runx knows of the contract is what the headers say', () => {
  const { recordPath, ...others } = contract;
  assert.deepEqual(others, {
    firstSlot: numberOf('FIRST_SLOT'),
    exportsDirectory: pathOf('EXPORTS'),
    sharesDirectory: pathOf('SHARES'),
    filesDirectory: pathOf('FILES'),
    rootfsTag: pathOf('ROOTFS_TAG'),
    // The rootfs has one of each.
    maximumShares: numberOf('MAX_SHARES') - 1,
    maximumExports: numberOf('MAX_EXPORTS') - 1,
    maximumRecord: numberOf('MAX_RECORD'),
    maximumDisks: numberOf('MAX_DISKS'),
  });
  assert.equal(recordPath(7), `${pathOf('RECORDS')}/7`);
});
