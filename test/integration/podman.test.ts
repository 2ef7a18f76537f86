import assert from 'node:assert/strict';
import { after, afterEach, before } from 'node:test';

import { leftovers } from '../support/dom0.ts';
import { testCommandLine } from '../support/engine-cli.ts';
import { podmanWords, startPodman, stopPodman } from '../support/podman.ts';

before(startPodman);

after(stopPodman);

afterEach(async () => {
  assert.equal(await leftovers(), '', 'nothing is left behind');
});

testCommandLine({ name: 'podman', words: podmanWords });
