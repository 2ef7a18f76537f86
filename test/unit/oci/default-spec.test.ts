import assert from 'node:assert/strict';
import { test } from 'node:test';

import { checkSupported } from '../../../src/container/supported.ts';
import { renderContainerRecord } from '../../../src/guest/record.ts';
import { defaultSpec } from '../../../src/oci/default-spec.ts';
import { parseSpec } from '../../../src/oci/spec.ts';
import { guestContainer } from '../../support/guest-container.ts';

const spec = parseSpec(JSON.stringify(defaultSpec), 'config.json');

test('what runx spec writes is supported and starts a shell on a terminal', () => {
  const { args, terminal } = checkSupported(spec);
  assert.deepEqual({ args, terminal }, { args: ['sh'], terminal: true });
});

test('what runx spec writes can be rendered for the guest', () => {
  const records = renderContainerRecord(guestContainer(spec, checkSupported(spec)))
    .toString()
    .split('\0');
  assert.equal(records[0], 'arg sh');
});

test('what runx spec writes names no property that is dropped', () => {
  const parsed: Record<string, unknown> = JSON.parse(JSON.stringify(spec));
  for (const name of Object.keys(defaultSpec)) assert.ok(name in parsed, name);
});
