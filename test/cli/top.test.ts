import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { describe, test } from 'node:test';

import { assertFails, assertPrints, assertSilent } from '../support/assert-result.ts';
import { makeCreated, makeRunning, makeStopped } from '../support/created-container.ts';
import { makeFakeDom0 } from '../support/fake-dom0.ts';
import { driveTerminal, noPython } from '../support/pty.ts';
import { waitUntil } from '../support/wait-until.ts';

const title = 'ID     STATUS     CPU      MEMORY     RECEIVED    SENT    READ      WRITTEN\n';
const row = (cpu: string): string =>
  `web    running    ${cpu}    256 MiB    0 B         0 B     1.5 KiB    -\n`;

describe('runx top', { concurrency: 4 }, () => {
  test('is plain tables where there is no terminal, of one xentop', async (t) => {
    const { dom0 } = await makeRunning(t);
    assertPrints(
      await dom0.runx(['top', '--iterations', '2']),
      [row('1.5 %'), row('2.5 %')]
        .map((line) => `${title.replace('READ  ', 'READ   ')}${line}`)
        .join(''),
    );
    assert.deepEqual(dom0.lines('xentop-calls'), ['-b\t-f\t-d\t2\t']);
  });

  test('is of the containers that are named, and ends with them', async (t) => {
    const { dom0, bundle } = await makeRunning(t);
    assertSilent(await dom0.runx(['create', '--bundle', bundle, 'other']));
    const { result } = dom0.startRunx(['top', '--interval', '1s', 'web']);
    await waitUntil('xentop', () => dom0.lines('xentop-calls').length > 0);
    await dom0.plan('container-exit-code', '0');
    const { exitCode, stdout, stderr } = await result;
    assert.deepEqual({ exitCode, stderr }, { exitCode: 0, stderr: '' });
    assert.doesNotMatch(stdout, /other/);
    const all = await dom0.runx(['top', '-n', '1']);
    assert.match(all.stdout, /^ID .*\nother +created +1\.5 %/);
  });

  test('refuses what it cannot show', async (t) => {
    const { dom0 } = await makeStopped(t);
    assertFails(await dom0.runx(['top', 'other']), 'container does not exist');
    assertFails(await dom0.runx(['top', 'web']), 'container not running');
    assertFails(
      await dom0.runx(['top', '--iterations', '0']),
      '--iterations: "0" is not a positive number (see runx --help)',
    );
    assertFails(
      await dom0.runx(['top', '--interval', '1500ms']),
      '--interval: "1500ms" is not a whole number of seconds (see runx --help)',
    );
  });

  test('says what there is no xentop for, what xentop said, and what was not understood', async (t) => {
    const { dom0 } = await makeCreated(t);
    await dom0.plan('xentop', 'Domain\n');
    assertFails(await dom0.runx(['top']), 'xentop: unexpected line: "Domain"');
    await dom0.plan('xentop.stderr', 'Failed to initialize xenstat library\n');
    const xentop = dom0.path('bin/xentop');
    assertFails(
      await dom0.runx(['top']),
      `${xentop} -b failed with exit code 1: Failed to initialize xenstat library`,
    );
    await rm(xentop);
    assertFails(
      await dom0.runx(['top'], { env: { PATH: dom0.path('bin') } }),
      `${xentop} was not found: install the xentop of this Xen (Debian: xen-utils)`,
    );
  });

  test(
    'draws on a terminal until q, and gives it back as it was',
    { skip: noPython },
    async (t) => {
      const { dom0 } = await makeRunning(t);
      const shown = await driveTerminal(
        dom0.configFile,
        String.raw`
open_terminal(3, 60)
before = termios.tcgetattr(slave)
top = spawn(*runx, 'top', '--interval', '1s')
first = expect(r'\x1b\[J')
expect(r'web +running +[1-9]\.5 % ')
send('q')
print(repr(first), top.wait(60), termios.tcgetattr(slave) == before)
expect(r'\x1b\[\?25h\x1b\[\?1049l')
top = spawn(*runx, 'top')
expect('web')
send('\x03')
print(top.wait(60))
`,
      );
      const end = String.raw`\x1b[K\r\n`;
      assert.equal(
        shown,
        [
          String.raw`b'\x1b[?1049h\x1b[?25l`,
          String.raw`\x1b[HID     STATUS     CPU    MEMORY     RECEIVED    SENT    READ${end}`,
          `web    running    -      256 MiB    0 B         0 B     1.5 ${end}`,
          String.raw`\x1b[K\x1b[J'`,
          ' 0 True\n0\n',
        ].join(''),
      );
    },
  );

  test('needs a Dom0', async (t) => {
    const dom0 = await makeFakeDom0(t);
    await dom0.configure({ xl: '/nonexistent/xl' });
    const { exitCode, stderr } = await dom0.runx(['top']);
    assert.equal(exitCode, 1);
    assert.match(stderr, /^runx: \/nonexistent\/xl was not found: .*\n$/);
  });
});
