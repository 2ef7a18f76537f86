import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { describe, test } from 'node:test';

import { devicesMiB, memoryForLimit } from '../../src/domain/memory.ts';
import { assertFails, assertSilent } from '../support/assert-result.ts';
import { cliProgram } from '../support/built-cli.ts';
import { makeCreated, makeRunning, makeStopped } from '../support/created-container.ts';

const MiB = 1024 * 1024;
// The domain has a quota of two CPUs, and so two virtual ones.
const twoCpus = { linux: { resources: { cpu: { quota: 200_000, period: 100_000 } } } };

describe('runx update', { concurrency: 4 }, () => {
  const rows: readonly [args: readonly string[], calls: (domain: string) => string[][]][] = [
    [
      ['--memory', '100m'],
      (name) => [['mem-set', name, `${memoryForLimit(100 * MiB, 256, devicesMiB(0, 1))}m`]],
    ],
    [['--memory', '-1'], (name) => [['mem-set', name, '256m']]],
    [['--cpu-share', '512'], (name) => [['info'], ['sched-credit2', '-d', name, '-w', '128']]],
    [
      ['--cpu-quota', '150000', '--cpu-period', '100000'],
      (name) => [
        ['vcpu-set', '--ignore-host', name, '2'],
        ['info'],
        ['sched-credit2', '-d', name, '-c', '150'],
      ],
    ],
    [
      ['--cpu-quota=-1'],
      (name) => [
        ['vcpu-set', '--ignore-host', name, '2'],
        ['info'],
        ['sched-credit2', '-d', name, '-c', '0'],
      ],
    ],
    [['--cpuset-cpus', '0-1'], (name) => [['vcpu-pin', name, 'all', '0-1']]],
    [['--pids-limit', '10', '--memory-swap', '1g', '--blkio-weight', '10'], () => []],
    [[], () => []],
  ];
  for (const [args, calls] of rows) {
    test(`${args.join(' ')} is said to xl`, async (t) => {
      const { dom0, domain, xlCallsSince } = await makeRunning(t, twoCpus);
      assertSilent(await dom0.runx(['update', ...args, 'web']));
      assert.deepEqual(xlCallsSince(), calls(domain));
    });
  }

  // What docker sends for: docker update --cpu-shares 512
  const document = {
    memory: { limit: 0, reservation: 0, swap: 0, kernel: 0, kernelTCP: null },
    cpu: { shares: 512, quota: 0, period: 0, cpus: '', mems: '' },
    blockIO: { weight: 0 },
    pids: { limit: 0 },
    devices: null,
  };

  test('takes the document of an engine, in which zeros say nothing', async (t) => {
    const { dom0, domain, xlCallsSince } = await makeRunning(t);
    await writeFile(dom0.path('resources.json'), JSON.stringify(document));
    const args = ['update', `--resources=${dom0.path('resources.json')}`, '--memory=1g', 'web'];
    assertSilent(await dom0.runx(args));
    assert.deepEqual(xlCallsSince(), [['info'], ['sched-credit2', '-d', domain, '-w', '128']]);
  });

  test('takes it on standard input', async (t) => {
    const { dom0, domain, xlCallsSince } = await makeRunning(t);
    const args = [cliProgram, '--config', dom0.configFile, 'update', '-r', '-', 'web'];
    const { status, stderr } = spawnSync(process.execPath, args, {
      input: JSON.stringify(document),
      encoding: 'utf8',
      env: {},
    });
    assert.deepEqual([status, stderr], [0, '']);
    assert.deepEqual(xlCallsSince().at(-1), ['sched-credit2', '-d', domain, '-w', '128']);
  });

  test('uses the scheduler that this Xen has', async (t) => {
    const { dom0, domain, xlCallsSince } = await makeRunning(t);
    await dom0.plan('info', 'xen_scheduler          : credit\n');
    assertSilent(await dom0.runx(['update', '--cpu-share=2048', 'web']));
    assert.deepEqual(xlCallsSince()[1], ['sched-credit', '-d', domain, '-w', '512']);
    await dom0.plan('info', 'xen_scheduler          : rtds\n');
    assertFails(
      await dom0.runx(['update', '--cpu-share=2048', 'web']),
      'the scheduler rtds has no weights and no caps: boot Xen with sched=credit2',
    );
  });

  test('of the memory is the limit that events shows', async (t) => {
    const { dom0 } = await makeCreated(t);
    assertSilent(await dom0.runx(['update', '--memory', '100m', 'web']));
    const { stdout } = await dom0.runx(['events', '--stats', 'web']);
    const { data }: { data: { memory: { usage: { limit: number } } } } = JSON.parse(stdout);
    assert.equal(data.memory.usage.limit, memoryForLimit(100 * MiB, 256, devicesMiB(0, 1)) * MiB);
  });

  const refused: readonly [args: readonly string[], sentence: string][] = [
    [
      ['--memory', '512m'],
      'memory limit of 536870912 bytes needs a domain of 545 MiB, but this domain can have at most 256 MiB: set memory_max_mib in runx.toml before the container is created',
    ],
    [
      ['--cpu-quota', '300000'],
      'CPU quota of 3 CPUs needs 3 virtual CPUs, but this domain can have at most 2: set vcpus_max in runx.toml before the container is created',
    ],
    [['--cpu-rt-runtime', '5'], 'resources.cpu.realtimeRuntime is not supported'],
    [['--cpuset-cpus', 'all'], 'resources: "all" is not a list of CPUs, such as 0-2,5'],
    [['--memory', 'lots'], 'invalid value for memory: "lots" (see runx --help)'],
    [
      ['-r', '/no/file'],
      "--resources /no/file: ENOENT: no such file or directory, open '/no/file'",
    ],
  ];
  for (const [args, sentence] of refused) {
    test(`${args.join(' ')} is refused, and xl is not called`, async (t) => {
      const { dom0, xlCallsSince } = await makeRunning(t, twoCpus);
      const before = await readFile(dom0.domainFile('web', 'domain.json'), 'utf8');
      assertFails(await dom0.runx(['update', ...args, 'web']), sentence);
      assert.deepEqual(xlCallsSince(), []);
      assert.equal(await readFile(dom0.domainFile('web', 'domain.json'), 'utf8'), before);
    });
  }

  test('of a stopped or unknown container is an error', async (t) => {
    const { dom0 } = await makeStopped(t);
    assertFails(await dom0.runx(['update', '--memory=64m', 'web']), 'container not running');
    assertFails(await dom0.runx(['update', '--memory=64m', 'other']), 'container does not exist');
  });
});
