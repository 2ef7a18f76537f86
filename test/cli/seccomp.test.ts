import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { type TestContext, describe, test } from 'node:test';

import { assertFails } from '../support/assert-result.ts';
import { parseCpio } from '../support/cpio-archive.ts';
import { makeCreated } from '../support/created-container.ts';
import { dockerProfile } from '../support/docker-profile.ts';
import { makeFakeDom0 } from '../support/fake-dom0.ts';
import { filterOf } from '../support/seccomp.ts';

const recordsOf = async (t: TestContext, changes: object): Promise<readonly string[]> => {
  const { dom0, domain } = await makeCreated(t, changes);
  const ramdisk = await readFile(dom0.path('created', `${domain}.ramdisk`));
  const [process] = parseCpio(ramdisk.subarray(Buffer.byteLength('base ramdisk')));
  const records = process?.content.toString().split('\0') ?? [];
  return records.filter((record) => record.startsWith('seccomp'));
};

describe('runx create with a seccomp profile', { concurrency: 4 }, () => {
  test("hands the guest the filter that the profile makes for this machine's architecture", async (t) => {
    const records = await recordsOf(t, { linux: { seccomp: dockerProfile } });
    const filter = Buffer.from(filterOf(dockerProfile, process.arch));
    assert.deepEqual(records, ['seccomp-flags 4', `seccomp ${filter.toString('hex')}`]);
  });

  test('hands the guest none without a profile, or with one that says nothing', async (t) => {
    assert.deepEqual(await recordsOf(t, {}), []);
    assert.deepEqual(await recordsOf(t, { linux: { seccomp: {} } }), []);
  });

  const refused: readonly [what: string, seccomp: object, sentence: string][] = [
    [
      'SCMP_ACT_NOTIFY',
      { defaultAction: 'SCMP_ACT_NOTIFY' },
      'linux.seccomp.defaultAction: "SCMP_ACT_NOTIFY" is not supported',
    ],
    [
      'a flag for listeners',
      {
        defaultAction: 'SCMP_ACT_ALLOW',
        flags: ['SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV'],
      },
      'linux.seccomp.flags.0: "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV" is not supported',
    ],
  ];
  for (const [what, seccomp, sentence] of refused) {
    test(`refuses ${what}`, async (t) => {
      const dom0 = await makeFakeDom0(t);
      const bundle = await dom0.makeBundle('bundle', { linux: { seccomp } });
      const result = await dom0.runx(['create', '--bundle', bundle, 'web']);
      assertFails(result, `${bundle}/config.json: ${sentence}`);
      assert.deepEqual(dom0.containers(), []);
      assert.deepEqual(dom0.xlCalls(), []);
    });
  }

  test('refuses rules that contradict each other, before anything is made', async (t) => {
    const dom0 = await makeFakeDom0(t);
    const syscalls = ['SCMP_ACT_LOG', 'SCMP_ACT_TRAP'].map((action) => ({
      names: ['mkdirat'],
      action,
      args: [{ index: 2, value: 0o777, op: 'SCMP_CMP_EQ' }],
    }));
    const seccomp = { defaultAction: 'SCMP_ACT_ALLOW', syscalls };
    const bundle = await dom0.makeBundle('bundle', { linux: { seccomp } });
    assertFails(
      await dom0.runx(['create', '--bundle', bundle, 'web']),
      'config.json: linux.seccomp: rules for mkdirat contradict each other',
    );
    assert.deepEqual(dom0.monitorCalls(), []);
    assert.deepEqual(dom0.containers(), []);
  });
});
