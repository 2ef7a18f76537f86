import assert from 'node:assert/strict';
import { closeSync, openSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { readFile, symlink, writeFile } from 'node:fs/promises';
import { describe, test } from 'node:test';

import { assertSilent } from '../support/assert-result.ts';
import { parseCpio } from '../support/cpio-archive.ts';
import { makeCreated, startTimeOf } from '../support/created-container.ts';
import { makeFakeDom0 } from '../support/fake-dom0.ts';
import { minimalSpec } from '../support/spec.ts';
import { parseXlConfig } from '../support/xl-config.ts';

describe('runx create', { concurrency: 4 }, () => {
  test('calls xl create for a domain that no xl watches, and nothing else of xl', async (t) => {
    const { dom0, domain } = await makeCreated(t);
    assert.match(domain, /^web-[0-9a-f]{8}$/);
    assert.deepEqual(dom0.xlCalls(), [['create', '-e', '-q', dom0.domainFile('web', 'xl.cfg')]]);
  });

  test('starts the monitor and has it offer the consoles of the domain', async (t) => {
    const { dom0 } = await makeCreated(t);
    const state = dom0.path('root/web');
    assert.deepEqual(dom0.monitorCalls(), [
      [
        'run',
        `--state=${state}`,
        '--id=web',
        '--slot=1',
        `--xl=${dom0.xl}`,
        `--diod=${dom0.path('bin/diod')}`,
        '--share=root',
        `--export=s:${dom0.path('bundle/rootfs')}`,
      ],
    ]);
    assert.deepEqual(dom0.lines('offered'), ['7']);
  });

  test('keeps the domain configuration beside the state', async (t) => {
    const { dom0, domain } = await makeCreated(t);
    const text = await readFile(dom0.domainFile('web', 'xl.cfg'), 'utf8');
    const settings = parseXlConfig(text);
    const uuid = String(settings.get('uuid'));
    assert.equal(domain, `web-${uuid.slice(0, 8)}`);
    assert.match(uuid, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    assert.equal(text.split('\n')[0], `# written by runx for the bundle ${dom0.path('bundle')}`);
    assert.deepEqual(Object.fromEntries(settings), {
      name: domain,
      uuid,
      type: 'pv',
      kernel: dom0.path('kernel'),
      ramdisk: dom0.domainFile('web', 'ramdisk'),
      extra: 'console=hvc0 quiet panic=0 rdinit=/init',
      memory: '256',
      vcpus: '1',
      on_poweroff: 'preserve',
      on_reboot: 'preserve',
      on_crash: 'preserve',
      on_watchdog: 'preserve',
    });
  });

  test('has xl share the rootfs where there is no diod', async (t) => {
    const dom0 = await makeFakeDom0(t);
    await dom0.configure({ diod: dom0.path('no-diod'), rootfs: '9p' });
    const bundle = await dom0.makeBundle('bundle');
    assertSilent(await dom0.runx(['create', '--bundle', bundle, 'web']));
    const settings = parseXlConfig(await readFile(dom0.domainFile('web', 'xl.cfg'), 'utf8'));
    assert.deepEqual(settings.get('p9'), [`tag=root,security_model=none,path=${bundle}/rootfs`]);
    assert.equal(dom0.monitorCalls()[0]?.length, 5);
  });

  test("takes memory from the container's limit, type and vcpus from runx.toml", async (t) => {
    const dom0 = await makeFakeDom0(t);
    await dom0.configure({ domain_type: 'pvh', vcpus: 3 });
    const resources = { memory: { limit: 100 * 1024 * 1024 } };
    const bundle = await dom0.makeBundle('bundle', { linux: { resources } });
    assertSilent(await dom0.runx(['create', '--bundle', bundle, 'web']));
    const settings = parseXlConfig(await readFile(dom0.domainFile('web', 'xl.cfg'), 'utf8'));
    assert.deepEqual(
      ['memory', 'type', 'vcpus'].map((name) => settings.get(name)),
      ['122', 'pvh', '3'],
    );
  });

  test("takes CPUs from the container's limits, and the rest from annotations", async (t) => {
    const dom0 = await makeFakeDom0(t);
    await dom0.configure({
      memory_max_mib: 512,
      vcpus_max: 4,
      annotations: ['io.runx.memory_mib', 'io.runx.kernel_arguments', 'io.runx.domain_type'],
    });
    const bundle = await dom0.makeBundle('bundle', {
      annotations: {
        'io.runx.memory_mib': '300',
        'io.runx.domain_type': 'pvh',
        'io.runx.kernel_arguments': 'mitigations=off',
      },
      linux: {
        resources: {
          memory: { limit: 100 * 1024 * 1024, swap: -1 },
          cpu: { quota: 150_000, period: 100_000, shares: 512, cpus: '0-1', mems: '0' },
          pids: { limit: 100 },
          blockIO: { weight: 0 },
          devices: [{ allow: false, access: 'rwm' }],
        },
      },
    });
    assertSilent(await dom0.runx(['create', '--bundle', bundle, 'web']));
    const settings = parseXlConfig(await readFile(dom0.domainFile('web', 'xl.cfg'), 'utf8'));
    const expected = {
      memory: '300',
      maxmem: '512',
      vcpus: '2',
      maxvcpus: '4',
      cpus: '0-1',
      cpu_weight: '128',
      cap: '150',
      type: 'pvh',
      extra: 'console=hvc0 quiet panic=0 rdinit=/init mitigations=off',
    };
    assert.deepEqual(
      Object.fromEntries(Object.keys(expected).map((name) => [name, settings.get(name)])),
      expected,
    );
  });

  test('hands the guest the base ramdisk and the process behind it, and keeps no copy', async (t) => {
    const args = ['/bin/program', 'a  b', '$HOME', '*', 'new\nline', ''];
    const { dom0, domain } = await makeCreated(t, {
      process: { ...minimalSpec.process, args },
    });
    const ramdisk = await readFile(dom0.path('created', `${domain}.ramdisk`));
    const base = Buffer.from('base ramdisk');
    assert.deepEqual(ramdisk.subarray(0, base.length), base);
    const files = parseCpio(ramdisk.subarray(base.length));
    assert.deepEqual(
      files.map(({ path }) => path),
      ['runx/containers/1'],
    );
    const records = files[0]?.content.toString().split('\0') ?? [];
    assert.deepEqual(
      records.slice(0, args.length),
      args.map((arg) => `arg ${arg}`),
    );
    assert.equal(statSync(dom0.domainFile('web', 'ramdisk')).size, 0);
  });

  test("keeps the process's strings out of files, arguments and the debug log", async (t) => {
    const dom0 = await makeFakeDom0(t);
    const secret = 'correct-horse-battery-staple';
    const bundle = await dom0.makeBundle('bundle', {
      process: { ...minimalSpec.process, args: ['/bin/program', secret], env: [`KEY=${secret}`] },
    });
    const result = await dom0.runx(['--debug', 'create', '--bundle', bundle, 'web']);
    assert.equal(result.exitCode, 0);
    const said = [
      result.stderr,
      ...[
        dom0.domainFile('web', 'xl.cfg'),
        dom0.domainFile('web', 'domain.json'),
        dom0.domainFile('web', 'ramdisk'),
        dom0.path('root/web/state.json'),
        dom0.path('xl-calls'),
        dom0.path('monitor-calls'),
      ].map((file) => readFileSync(file, 'utf8')),
    ];
    assert.equal(said.join('').includes(secret), false);
  });

  test('writes the whole record to state.json, and that of the domain to domain.json', async (t) => {
    const annotations = { 'org.example.note': 'two\nlines "quoted"' };
    const { dom0, bundle, domain, monitor } = await makeCreated(t, { annotations });
    const record: { created: string } = JSON.parse(
      await readFile(dom0.path('root/web/state.json'), 'utf8'),
    );
    assert.deepEqual(record, {
      version: 2,
      ociVersion: '1.2.0',
      id: 'web',
      bundle,
      rootfs: `${bundle}/rootfs`,
      created: record.created,
      annotations,
      hooks: [],
      creating: false,
      monitor: { pid: monitor, startTime: await startTimeOf(monitor) },
      domain,
      slot: 1,
    });
    const domainRecord: { uuid: string } = JSON.parse(
      await readFile(dom0.domainFile('web', 'domain.json'), 'utf8'),
    );
    assert.equal(domain, `web-${domainRecord.uuid.slice(0, 8)}`);
    assert.deepEqual(domainRecord, {
      version: 1,
      name: domain,
      uuid: domainRecord.uuid,
      domid: 7,
      type: 'pv',
      size: { memoryMiB: 256, maxMemoryMiB: 256, vcpus: 1, maxVcpus: 1, forDevicesMiB: 2 },
      boot: 'runx',
      owner: { kind: 'container', id: 'web' },
      slots: { 1: 'web' },
    });
  });

  test('lets nobody but root read what it writes', async (t) => {
    const { dom0 } = await makeCreated(t);
    const mode = (file: string): string => (statSync(file).mode & 0o777).toString(8);
    const directories = [dom0.root, dom0.path('root/web'), dom0.path('root/@domains')];
    assert.deepEqual([...directories, dom0.domainFile('web', '')].map(mode), [
      '700',
      '700',
      '700',
      '700',
    ]);
    const files = ['domain.json', 'xl.cfg', 'ramdisk'].map((name) => dom0.domainFile('web', name));
    assert.deepEqual([dom0.path('root/web/state.json'), ...files].map(mode), [
      '600',
      '600',
      '600',
      '600',
    ]);
  });

  test("writes the monitor's pid to the pid file, without a newline", async (t) => {
    const dom0 = await makeFakeDom0(t);
    const bundle = await dom0.makeBundle('bundle');
    const pidFile = dom0.path('pid');
    assertSilent(await dom0.runx(['create', '--bundle', bundle, '--pid-file', pidFile, 'web']));
    assert.deepEqual([await readFile(pidFile, 'utf8')], dom0.monitors().map(String));
  });

  test('replaces a pid file at once: a reader of the old one sees it whole', async (t) => {
    const dom0 = await makeFakeDom0(t);
    const bundle = await dom0.makeBundle('bundle');
    const pidFile = dom0.path('pid');
    await writeFile(pidFile, 'old');
    const reader = openSync(pidFile, 'r');
    t.after(() => closeSync(reader));
    assertSilent(await dom0.runx(['create', '--bundle', bundle, '--pid-file', pidFile, 'web']));
    assert.equal(readFileSync(reader, 'utf8'), 'old');
    assert.notEqual(readFileSync(pidFile, 'utf8'), 'old');
  });

  test('writes no pid file through a link that somebody has planted for its draft', async (t) => {
    const dom0 = await makeFakeDom0(t);
    const bundle = await dom0.makeBundle('bundle');
    const victim = dom0.path('victim');
    await writeFile(victim, 'kept');
    const pidFile = dom0.path('pid');
    for (const link of [pidFile, `${pidFile}.new`]) await symlink(victim, link);
    assertSilent(await dom0.runx(['create', '--bundle', bundle, '--pid-file', pidFile, 'web']));
    assert.equal(readFileSync(victim, 'utf8'), 'kept');
    assert.deepEqual([await readFile(pidFile, 'utf8')], dom0.monitors().map(String));
    assert.deepEqual(
      readdirSync(dom0.directory).filter((name) => name.startsWith('pid')),
      ['pid', 'pid.new'],
    );
  });

  test('is won by one of two callers with the same id', async (t) => {
    const dom0 = await makeFakeDom0(t);
    const bundle = await dom0.makeBundle('bundle');
    const args = ['create', '--bundle', bundle, 'web'];
    const results = await Promise.all([dom0.runx(args), dom0.runx(args)]);
    assert.deepEqual(results.map(({ stderr }) => stderr).toSorted(), [
      '',
      'runx: container with given ID already exists\n',
    ]);
    assert.deepEqual([dom0.domains().length, dom0.monitors().length], [1, 1]);
  });

  test('leaves a container with the same id untouched', async (t) => {
    const { dom0, bundle, monitor, xlCallsSince } = await makeCreated(t);
    const before = await readFile(dom0.path('root/web/state.json'), 'utf8');
    const result = await dom0.runx(['create', '--bundle', bundle, 'web']);
    assert.equal(result.stderr, 'runx: container with given ID already exists\n');
    assert.equal(result.exitCode, 1);
    assert.equal(await readFile(dom0.path('root/web/state.json'), 'utf8'), before);
    assert.deepEqual(dom0.monitors(), [monitor]);
    assert.deepEqual(xlCallsSince(), []);
  });

  test('works on a spec without process.env', async (t) => {
    const { status } = await makeCreated(t, { process: { args: ['/bin/program'], cwd: '/' } });
    assert.equal(await status(), 'created');
  });
});
