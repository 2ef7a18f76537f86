import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';

import { assertFails } from '../support/assert-result.ts';
import { startKept } from '../support/kept-container.ts';
import { driveTerminal, noPython } from '../support/pty.ts';
import { minimalSpec } from '../support/spec.ts';
import { waitUntil } from '../support/wait-until.ts';

const lines = (count: number): string =>
  Array.from({ length: count }, (_, index) => `${index + 1}\n`).join('');

const withTerminal = { process: { ...minimalSpec.process, terminal: true } };

describe('runx console', { concurrency: 4 }, () => {
  test('shows the last screenful, says what was missed, ends with the exit code', async (t) => {
    const { dom0, stop } = await startKept(t, lines(30));
    await dom0.plan('missed', '200');
    const { result } = dom0.startRunx(['console', 'web']);
    await waitUntil('the end of input', () => dom0.exists('attached'));
    assertFails(
      await dom0.runx(['console', 'web']),
      'container web: another runx console is attached: detach it first',
    );
    await stop(42);
    assert.deepEqual(await result, {
      exitCode: 42,
      signal: null,
      stdout: lines(30).slice(lines(6).length),
      stderr: 'runx: warn: 200 bytes of output were lost, because this console was too slow\n',
    });
    assert.equal(readFileSync(dom0.path('attached'), 'latin1'), 'E\0\0');
    assertFails(await dom0.runx(['console', 'web']), 'container not running');
  });

  test('of a monitor that is killed ends with 137', async (t) => {
    const { dom0 } = await startKept(t, '');
    const { result } = dom0.startRunx(['console', 'web']);
    await waitUntil('the end of input', () => dom0.exists('attached'));
    for (const pid of dom0.monitors()) process.kill(pid, 'SIGKILL');
    assert.equal((await result).exitCode, 137);
  });

  test('is on a terminal until ^], which is left as it was', { skip: noPython }, async (t) => {
    const { dom0 } = await startKept(t, lines(9), withTerminal);
    const shown = await driveTerminal(
      dom0.configFile,
      String.raw`
open_terminal(4, 60)
before = termios.tcgetattr(slave)
console = spawn(*runx, 'console', 'web')
print(expect('9\n'))
raw = termios.tcgetattr(slave) != before
resize(30, 99)
path = os.path.dirname(runx[-1]) + '/attached'
while not os.path.exists(path) or b'W\x04\0\x1e\0' not in open(path, 'rb').read():
    time.sleep(0.02)
send('echo \x03hi\x1dnot this')
print(raw, console.wait(60), termios.tcgetattr(slave) == before)
`,
    );
    const said = String.raw`b'attached to web: ^] detaches\r\n6\n7\n8\n9\n'`;
    assert.equal(shown, `${said}\nTrue 0 True\n`);
    await waitUntil('its end', () => dom0.exists('detached'));
    const sent = readFileSync(dom0.path('attached'));
    assert.equal(sent.subarray(0, 7).toString('latin1'), 'W\x04\0\x04\0\x3c\0');
    assert.ok(sent.includes('W\x04\0\x1e\0\x63\0'), sent.toString('latin1'));
    assert.ok(sent.includes('I\x08\0echo \x03hi'), sent.toString('latin1'));
    assert.ok(!sent.includes('not'), sent.toString('latin1'));
    assert.equal(dom0.monitors().length, 1);
  });
});
