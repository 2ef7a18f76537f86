import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';

import type { defaultSpec } from '../../src/oci/default-spec.ts';
import { dockerProfile } from '../support/docker-profile.ts';
import { capabilitySets, inDom0, leftovers, makeBundle, makeRootfs } from '../support/dom0.ts';
import { long } from '../support/full.ts';

afterEach(async () => {
  assert.equal(await leftovers(), '', 'nothing is left behind');
});

type Spec = typeof defaultSpec;

/** Bundle with a profile; its process keeps its right to new privileges if it is told so. */
const makeFiltered = (
  name: string,
  script: string,
  seccomp: object,
  process: object = {},
): Promise<string> =>
  makeBundle(name, ['/bin/sh', '-c', script], (spec: Spec) => ({
    ...spec,
    process: { ...spec.process, ...process },
    linux: { ...spec.linux, seccomp },
  }));

const run = async (name: string, script: string, seccomp: object, process: object = {}) => {
  const bundle = await makeFiltered(name, script, seccomp, process);
  const result = await inDom0('runx run --bundle "$1" "$2"', [bundle, name]);
  return {
    stdout: result.stdout.toString(),
    stderr: result.stderr,
    exitCode: result.exitCode,
  };
};

const addApplets = async (...applets: readonly string[]): Promise<void> => {
  const rootfs = await makeRootfs();
  const added = await inDom0('cd "$1"/bin; shift; for applet; do ln -sf busybox "$applet"; done', [
    rootfs,
    ...applets,
  ]);
  assert.equal(added.exitCode, 0, added.stderr);
};

const capabilities = ['CAP_CHOWN', 'CAP_SETUID', 'CAP_SETGID', 'CAP_SYS_CHROOT', 'CAP_KILL'];
const usual = {
  capabilities: capabilitySets(capabilities),
};

for (const noNewPrivileges of [true, false]) {
  test(
    `docker's default profile lets a shell work and keeps the rest out, noNewPrivileges ${noNewPrivileges}`,
    noNewPrivileges ? {} : long,
    async () => {
      await addApplets('grep', 'unshare', 'mkdir', 'mount');
      const script = `echo hello; id -u; ls -d /bin; sleep 0.1; mkdir /dev/shm/made && echo made
      grep Seccomp: /proc/self/status; grep NoNewPrivs /proc/self/status
      unshare -U true; echo "unshare $?"; mount -t tmpfs none /tmp; echo "mount $?"; (echo child)`;
      const result = await run('docker', script, dockerProfile, { ...usual, noNewPrivileges });
      assert.deepEqual(result.stdout.split('\n'), [
        'hello',
        '0',
        '/bin',
        'made',
        'Seccomp:\t2',
        `NoNewPrivs:\t${Number(noNewPrivileges)}`,
        'unshare 1',
        'mount 1',
        'child',
        '',
      ]);
      assert.match(result.stderr, /unshare\(0x10000000\): Operation not permitted/);
      assert.match(result.stderr, /mount: .*(Operation not permitted|permission denied)/);
      assert.equal(result.exitCode, 0);
    },
  );
}

test('without a profile, the same calls reach the kernel', async () => {
  await addApplets('grep', 'unshare');
  const bundle = await makeBundle('unfiltered', [
    'sh',
    '-c',
    'grep Seccomp: /proc/self/status; unshare -U id -u',
  ]);
  const result = await inDom0('runx run --bundle "$1" unfiltered', [bundle]);
  assert.equal(result.stdout.toString(), 'Seccomp:\t0\n65534\n', result.stderr);
});

const onMkdir = (action: string, errnoRet?: number): object => ({
  defaultAction: 'SCMP_ACT_ALLOW',
  syscalls: [{ names: ['mkdir', 'mkdirat'], action, errnoRet }],
});

test('a rule with an errno makes the call fail with it', async () => {
  await addApplets('mkdir');
  const script = 'mkdir /dev/shm/no; echo $?; ls /dev/shm';
  const result = await run('errno', script, onMkdir('SCMP_ACT_ERRNO', 28));
  assert.equal(result.stdout, '1\n');
  assert.match(result.stderr, /No space left on device/);
});

test('KILL ends the process with SIGSYS: 128 + 31', async () => {
  await addApplets('mkdir');
  const child = await run('kill', 'mkdir /dev/shm/no; echo $?', onMkdir('SCMP_ACT_KILL'));
  assert.equal(child.stdout, '159\n');
  const main = await run('kill', 'exec mkdir /dev/shm/no', onMkdir('SCMP_ACT_KILL_PROCESS'));
  assert.equal(main.exitCode, 159);
});

test('conditions on arguments are those of the call that the process makes', async () => {
  await addApplets('kill');
  const seccomp = {
    defaultAction: 'SCMP_ACT_ALLOW',
    syscalls: [
      {
        names: ['kill'],
        action: 'SCMP_ACT_ERRNO',
        errnoRet: 13,
        args: [{ index: 1, value: 10, op: 'SCMP_CMP_EQ' }],
      },
    ],
  };
  const script = 'trap "echo USR2" USR2; kill -USR1 $$ || echo refused; kill -USR2 $$';
  const result = await run('condition', script, seccomp, { noNewPrivileges: true });
  assert.equal(result.stdout, 'refused\nUSR2\n', result.stderr);
});
