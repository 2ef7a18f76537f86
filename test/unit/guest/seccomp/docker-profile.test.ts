import assert from 'node:assert/strict';
import { test } from 'node:test';

import { dockerProfile } from '../../../support/docker-profile.ts';
import { type Call, audit, filterOf, runFilter, verdictOf } from '../../../support/seccomp.ts';

const filter = filterOf(dockerProfile);
const x86_64 = (number: number, ...args: bigint[]): Call => ({ audit: audit.x86_64, number, args });
const i386 = (number: number, ...args: bigint[]): Call => ({ audit: audit.i386, number, args });

test("docker's default profile decides each call in a few instructions", () => {
  assert.ok(filter.length / 8 < 400, `${filter.length / 8} instructions`);
  const steps = Array.from({ length: 460 }, (_, number) => runFilter(filter, x86_64(number)).steps);
  // personality has five values to compare.
  assert.ok(Math.max(...steps) <= 40, `${Math.max(...steps)} instructions for one`);
  assert.ok(steps.filter((count) => count > 14).length <= 3, String(steps));
});

const decided: readonly [what: string, call: Call, verdict: string][] = [
  ['read', x86_64(0), 'allow'],
  ['mount', x86_64(165), 'errno 1'],
  ['keyctl', x86_64(250), 'errno 1'],
  ['unshare', x86_64(272), 'errno 1'],
  ['clone of a thread', x86_64(56, 0x3d_0f00n), 'allow'],
  ['clone into a user namespace', x86_64(56, 0x1000_0011n), 'errno 1'],
  ['clone3', x86_64(435), 'errno 38'],
  ['a call of the future', x86_64(600), 'errno 38'],
  ['personality of Linux', x86_64(135, 0n), 'allow'],
  ['personality asked for', x86_64(135, 0xffff_ffffn), 'allow'],
  ['personality without address space randomization', x86_64(135, 0x4_0000n), 'errno 1'],
  ['socket of the internet', x86_64(41, 2n), 'allow'],
  ['socket of the kernel crypto interface', x86_64(41, 38n), 'errno 1'],
  ['socket of virtual machines', x86_64(41, 40n), 'errno 1'],
  ['read of i386', i386(3), 'allow'],
  ['mount of i386', i386(21), 'errno 1'],
  ['read of x32', x86_64(0x4000_0000), 'allow'],
];
for (const [what, call, verdict] of decided) {
  test(`docker's default profile and ${what}: ${verdict}`, () => {
    assert.equal(verdictOf(filter, call), verdict);
  });
}
