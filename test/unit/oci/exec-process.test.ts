import assert from 'node:assert/strict';
import { test } from 'node:test';

import { processFromFlags } from '../../../src/oci/exec-process.ts';
import { processWith } from '../../support/spec.ts';

const none = {
  args: ['ls'],
  terminal: false,
  env: [],
  additionalGids: [],
  capabilities: [],
  noNewPrivileges: false,
};

test("everything but the command is the container's own", () => {
  const own = processWith({
    args: ['/bin/program', 'x'],
    terminal: true,
    cwd: '/srv',
    env: ['A=1'],
    user: { uid: 5, gid: 6, umask: 0o27, additionalGids: [7] },
    noNewPrivileges: true,
    oomScoreAdj: 100,
  });
  assert.deepEqual(processFromFlags(own, none), { ...own, args: ['ls'], terminal: false });
});

test('a user alone keeps the group', () => {
  const own = processWith({ user: { uid: 5, gid: 6 } });
  const { uid, gid } = processFromFlags(own, { ...none, user: '8' }).user;
  assert.deepEqual([uid, gid], [8, 6]);
});

for (const user of ['', 'root', '1:2:3', '1:', '-1', '1.5', '99999999999']) {
  test(`the user "${user}" is refused`, () => {
    assert.throws(() => processFromFlags(processWith({}), { ...none, user }), /^Error: .*--user/);
  });
}

test('a capability is not inherited by what the process executes', () => {
  const added = (own: object) =>
    processFromFlags(processWith(own), { ...none, capabilities: ['CAP_KILL'] }).capabilities;
  const sets = { bounding: ['CAP_KILL'], effective: ['CAP_KILL'], permitted: ['CAP_KILL'] };
  assert.deepEqual(added({}), { ...sets, inheritable: [], ambient: [] });
  const inheritable = ['CAP_CHOWN'];
  assert.deepEqual(added({ capabilities: { inheritable } }), { ...sets, inheritable, ambient: [] });
});

test('a capability that config.json has inherited is ambient too', () => {
  const inheritable = ['CAP_CHOWN', 'cap_kill'];
  const { capabilities } = processFromFlags(processWith({ capabilities: { inheritable } }), {
    ...none,
    capabilities: ['CAP_KILL', 'CAP_FOWNER'],
  });
  assert.deepEqual([capabilities?.inheritable, capabilities?.ambient], [inheritable, ['CAP_KILL']]);
});
