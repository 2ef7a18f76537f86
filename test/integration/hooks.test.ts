import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';

import { inDom0, leftovers, makeBundle, untilStopped } from '../support/dom0.ts';

afterEach(async () => {
  assert.equal(await leftovers(), '', 'nothing is left behind');
});

const log = '/var/tmp/runx-test/hooks.log';

// Notes its name and the network namespace that it runs in, and its state on a line.
const hook = (name: string, script = '') => ({
  path: '/bin/sh',
  args: [
    'a name',
    '-c',
    `{ echo ${name} $(readlink /proc/self/ns/net); cat; echo; } >> ${log}; ${script}`,
  ],
  env: ['PATH=/bin:/usr/bin'],
});

interface State {
  readonly status: string;
  readonly pid: number;
}

interface Seen {
  readonly name: string | undefined;
  readonly namespace: string | undefined;
  readonly state: State;
}

// The log's lines: a name, then the state, for each hook.
const parseLog = (text: string): readonly Seen[] => {
  const lines = text.trim().split('\n');
  return lines
    .filter((_, index) => index % 2 === 0)
    .map((line, index) => {
      const [name, namespace] = line.split(' ');
      const state: State = JSON.parse(lines[2 * index + 1] ?? '');
      return { name, namespace, state };
    });
};

test('every kind of hook runs, in its place, with the state', async () => {
  const kinds = ['prestart', 'createRuntime', 'createContainer', 'poststart', 'poststop'];
  const inGuest =
    'cat > /tmp/state; pwd; echo "$0" $(id -u) $(hostname) $$ > /tmp/who; cat /proc/$$/environ > /tmp/env; :';
  const script = 'cat /tmp/state; echo; cat /tmp/who /tmp/env; echo; echo $$';
  const bundle = await makeBundle('hooks', ['sh', '-c', script], (spec) => ({
    ...spec,
    process: { ...spec.process, user: { uid: 1000, gid: 1000 } },
    hostname: 'guest',
    mounts: [...spec.mounts, { destination: '/tmp', type: 'tmpfs', source: 'tmpfs' }],
    annotations: { 'com.example.key': 'value' },
    hooks: {
      ...Object.fromEntries(kinds.map((name) => [name, [hook(name)]])),
      startContainer: [
        { path: '/bin/sh', args: ['sh', '-c', inGuest, 'a name'], env: ['A=b c'], timeout: 20 },
        { path: '/bin/true' },
      ],
    },
  }));
  const result = await inDom0(
    `set -e; rm -f ${log}; out=/tmp/hooks.out
     runx create --bundle "$1" --pid-file /tmp/hooks.pid hooks > $out 2>&1 < /dev/null
     pid=$(cat /tmp/hooks.pid); echo "$pid"; readlink /proc/self/ns/net /proc/$pid/ns/net
     runx start hooks; ${untilStopped('hooks')}
     runx delete hooks; cat $out; echo ---; cat ${log}; rm $out ${log}`,
    [bundle],
  );
  assert.equal(result.exitCode, 0, result.stderr);
  assert.equal(result.stderr, '');
  const [said = '', seen = ''] = result.stdout.toString().split('---\n');
  const [pidText, host, own, ...output] = said.trim().split('\n');
  const pid = Number(pidText);
  const common = {
    ociVersion: '1.2.0',
    id: 'hooks',
    bundle,
    annotations: { 'com.example.key': 'value' },
  };
  const expect = (name: string, namespace: string | undefined, status: string, given = pid) => ({
    name,
    namespace,
    state: { ...common, status, pid: given },
  });
  assert.deepEqual(parseLog(seen), [
    expect('prestart', host, 'creating'),
    expect('createRuntime', host, 'creating'),
    expect('createContainer', own, 'creating'),
    expect('poststart', host, 'running'),
    expect('poststop', host, 'stopped', 0),
  ]);
  assert.notEqual(host, own);
  // In the guest: the state, who ran the hook with which environment, and the process's own pid.
  assert.deepEqual(JSON.parse(output[0] ?? ''), { ...common, status: 'created', pid: 1 });
  assert.match(output[1] ?? '', /^a name 0 guest [2-9]$/);
  assert.deepEqual(output.slice(2), ['A=b c\0', '1']);
});

test('a createRuntime hook that fails: its words, and nothing left', async () => {
  const bundle = await makeBundle('nohook', ['true'], (spec) => ({
    ...spec,
    hooks: {
      createRuntime: [hook('createRuntime', 'echo "no network" >&2; exit 4')],
      poststop: [hook('poststop')],
    },
  }));
  const result = await inDom0(
    `rm -f ${log}; runx create --bundle "$1" nohook < /dev/null; echo $?
     xl list | tail -n +3; cut -d ' ' -f 1 ${log} | grep -v '^{'; rm ${log}`,
    [bundle],
  );
  assert.equal(
    result.stderr,
    'runx: error running createRuntime hook #0: exit status 4, stdout: , stderr: no network\n',
  );
  assert.equal(result.stdout.toString(), '1\ncreateRuntime\npoststop\n');
});

test('a startContainer hook that fails: the container ends with its words', async () => {
  const bundle = await makeBundle('guesthook', ['echo', 'never'], (spec) => ({
    ...spec,
    hooks: {
      startContainer: [
        { path: '/bin/sh', args: ['sh', '-c', 'echo unseen; echo "no library" >&2; exit 3'] },
      ],
      poststop: [hook('poststop')],
    },
  }));
  const result = await inDom0(
    `rm -f ${log}; runx run --bundle "$1" guesthook < /dev/null; echo $?
     cut -d ' ' -f 1 ${log} | grep -v '^{'; rm ${log}`,
    [bundle],
  );
  assert.equal(
    result.stderr,
    'runx: container guesthook: guest: error running startContainer hook #0: exit status 3, stdout: , stderr: no library\n',
  );
  assert.equal(result.stdout.toString(), '1\npoststop\n');
});

test('a startContainer hook that takes too long is killed', async () => {
  const bundle = await makeBundle('slowhook', ['echo', 'never'], (spec) => ({
    ...spec,
    hooks: {
      startContainer: [
        { path: '/bin/sh', args: ['sh', '-c', 'sleep 600 & sleep 600'], timeout: 1 },
      ],
    },
  }));
  const result = await inDom0('runx run --bundle "$1" slowhook < /dev/null', [bundle]);
  assert.equal(
    result.stderr,
    'runx: container slowhook: guest: error running startContainer hook #0: hook ran past specified timeout of 1.0s\n',
  );
  assert.equal(result.exitCode, 1);
});
