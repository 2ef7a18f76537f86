import assert from 'node:assert/strict';
import { after, afterEach, before } from 'node:test';

import { leftovers } from '../support/dom0.ts';
import { testCommandLine } from '../support/engine-cli.ts';
import { docker, dockerInDom0, startDocker, stopDocker } from '../support/engines.ts';

before(startDocker);

after(stopDocker);

afterEach(async () => {
  assert.equal(await leftovers(), '', 'nothing is left behind');
});

testCommandLine({ name: 'docker', cli: docker, setup: dockerInDom0 });
