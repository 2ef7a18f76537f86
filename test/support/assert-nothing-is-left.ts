import assert from 'node:assert/strict';

import type { FakeDom0 } from './fake-dom0.ts';

/** No container, no domain, no record of a domain, and no monitor is left of whatever was created. */
export const assertNothingIsLeft = (dom0: FakeDom0): void => {
  assert.deepEqual(
    {
      containers: dom0.containers(),
      domains: dom0.domains(),
      records: dom0.domainRecords(),
      monitors: dom0.monitors(),
    },
    { containers: [], domains: [], records: [], monitors: [] },
  );
};
