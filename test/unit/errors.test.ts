import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  RunxError,
  ToolError,
  UsageError,
  hasCode,
  messageOf,
  sentences,
} from '../../src/errors.ts';

// The words of runc 1.1, which containerd's shim, conmon and docker match.
const contract: readonly [said: string, words: string][] = [
  [sentences.exists, 'container with given ID already exists'],
  [sentences.doesNotExist, 'container does not exist'],
  [sentences.notRunning, 'container not running'],
  [sentences.notPaused, 'container not paused'],
  [sentences.pausedStart, 'cannot start a container in the paused state'],
  [sentences.alreadyRunning, 'cannot start an already running container'],
  [sentences.stoppedStart, 'cannot start a container that has stopped'],
  [
    sentences.notStopped('web', 'running'),
    'cannot delete container web that is not stopped: running',
  ],
  [sentences.commandNotFound('sh'), 'exec: "sh": executable file not found in $PATH'],
  [sentences.fileNotFound('/sh'), 'exec: "/sh": stat /sh: no such file or directory'],
  [sentences.notExecutable('/sh'), 'exec: "/sh": permission denied'],
  [sentences.unknownSignal('NO'), 'unknown signal "NO"'],
  [sentences.cannotExec('paused'), 'cannot exec in a paused container'],
  [sentences.cannotExec('stopped'), 'cannot exec in a stopped container'],
  [
    sentences.uselessConsoleSocket,
    'cannot use console socket if runx will not detach or allocate tty',
  ],
  [sentences.noProcess, 'process property must not be empty'],
  [
    sentences.hookFailed('createRuntime', 0, 'exit status 1, stdout: , stderr: no'),
    'error running createRuntime hook #0: exit status 1, stdout: , stderr: no',
  ],
  [sentences.noTerminal, 'cannot allocate tty if runx will detach without setting console socket'],
];
for (const [said, words] of contract) {
  test(`engines read: ${words}`, () => {
    assert.equal(said, words);
  });
}

test('a failed tool is named with its subcommand, exit code and all that it said, in one line', () => {
  const stderr = 'libxl: error: no memory\n\n  libxl: error: giving up \n';
  const error = new ToolError('/usr/sbin/xl', ['create', '-p', 'x.cfg'], { exitCode: 3, stderr });
  assert.equal(
    error.message,
    '/usr/sbin/xl create failed with exit code 3: libxl: error: no memory; libxl: error: giving up',
  );
  assert.deepEqual(
    [error.tool, error.args, error.exitCode, error.stderr],
    ['/usr/sbin/xl', ['create', '-p', 'x.cfg'], 3, stderr],
  );
});

test('a failed tool that said nothing leaves no colon', () => {
  const { message } = new ToolError('xl', ['list'], { exitCode: 1, stderr: '\n' });
  assert.equal(message, 'xl list failed with exit code 1');
});

test('what else stopped a tool stands in place of the exit code', () => {
  const { message } = new ToolError('xl', [], {
    exitCode: undefined,
    stderr: '',
    reason: 'was not found',
  });
  assert.equal(message, 'xl was not found');
});

test('a usage error and a tool error are expected errors', () => {
  assert.ok(new UsageError('no') instanceof RunxError);
  assert.ok(new ToolError('xl', [], { exitCode: 1, stderr: '' }) instanceof RunxError);
});

test('the message of anything thrown', () => {
  assert.equal(messageOf(new RunxError('no xl')), 'no xl');
  assert.equal(messageOf('text'), 'text');
  assert.equal(messageOf(undefined), 'undefined');
});

test('a system error is known by its code', () => {
  const error = Object.assign(new Error('not there'), { code: 'ENOENT' });
  assert.equal(hasCode(error, 'ENOENT'), true);
  assert.equal(hasCode(error, 'EEXIST'), false);
  assert.equal(hasCode(new Error('ENOENT'), 'ENOENT'), false);
  assert.equal(hasCode({ code: 'ENOENT' }, 'ENOENT'), false);
});
