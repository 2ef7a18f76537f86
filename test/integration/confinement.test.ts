import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';

import { inDom0, leftovers, makeBundle } from '../support/dom0.ts';

afterEach(async () => {
  assert.equal(await leftovers(), '', 'nothing is left behind');
});

const ready = ['sh', '-c', 'echo ready; sleep 600'];

test('diod sees the export and nothing else, the process of a share nothing at all', async () => {
  const bundle = await makeBundle('confined', ready);
  const result = await inDom0(
    `out=/tmp/confined.out; runx run --bundle "$1" confined > $out & pid=$!
     until grep -q ready $out; do sleep 0.1; done
     diod=$(pgrep -x diod); awk '{ print $5, $6 }' /proc/$diod/mountinfo; echo ---
     (cd /proc/$diod/root; find . -path ./export/root -prune -o -print | sort); echo ---
     grep -E 'CapBnd|NoNewPrivs' /proc/$diod/status; echo ---
     ls -l /proc/$diod/fd | grep -cE 'sshd|pipe|/dev/pts' || true; echo ---
     for share in $(pgrep -P $(runx state confined | awk -F '[:,]' '/"pid"/ { print $2 + 0 }')); do
       [ $share = $diod ] || grep -E '^(Uid|Gid|Groups|CapEff|CapPrm|NoNewPrivs)' /proc/$share/status
       [ $share = $diod ] || ls -A /proc/$share/root/ | tr -d '0-9\n'
     done
     runx kill confined KILL; wait $pid; rm $out`,
    [bundle],
  );
  const [mounts = '', root, status, descriptors, share = ''] = result.stdout
    .toString()
    .split('---\n');
  const options = new Map<string, string>();
  for (const line of mounts.trim().split('\n')) {
    const [path = '', flags = ''] = line.split(' ');
    options.set(path, flags);
  }
  const [export_ = '', top = ''] = [options.get('/export/root'), options.get('/')];
  assert.match(export_, /\bnodev\b/);
  assert.match(export_, /\bnosuid\b/);
  assert.match(top, /\bro\b/);
  for (const [path, flags] of options) {
    // /run holds the server's socket, and has no room for more.
    const writable = path === '/export/root' || path === '/run';
    assert.ok(writable || /\bro\b/.test(flags), `${path} is ${flags}`);
  }
  assert.deepEqual([...options.keys()].toSorted(), ['/', '/export/root', '/run']);
  assert.equal(
    root?.replaceAll('\n', ' '),
    '. ./export ./lib ./lib64 ./run ./run/diod ./usr ./usr/lib ./usr/lib64 ./usr/sbin ',
  );
  // chown, dac_override, fowner, fsetid, setgid, setuid, mknod, setfcap
  assert.equal(status, 'CapBnd:\t00000000880000db\nNoNewPrivs:\t1\n');
  assert.equal(descriptors, '0\n');
  const [nobody, none] = [Array(4).fill('65534').join('\t'), '0000000000000000'];
  assert.match(
    share,
    new RegExp(
      `^Uid:\t${nobody}\nGid:\t${nobody}\nGroups:\t *\nCapPrm:\t${none}\nCapEff:\t${none}\nNoNewPrivs:\t1\n$`,
    ),
  );
});

test('a 9P server that dies ends its container, with a sentence', async () => {
  const bundle = await makeBundle('noserver', ready);
  const result = await inDom0(
    `out=/tmp/noserver.out; runx run --bundle "$1" noserver > $out & pid=$!
     until grep -q ready $out; do sleep 0.1; done
     pkill -9 -x diod; wait $pid; echo $?; rm $out`,
    [bundle],
  );
  assert.equal(result.stdout.toString(), '137\n');
  assert.equal(result.stderr, 'runx: container noserver: the 9P server has ended\n');
});

test('users and groups of the guest have the access their files give them', async () => {
  const script =
    'cat /etc/group-file; cat /etc/root-file || echo refused; echo mine > /tmp/mine; stat -c "%u:%g %a" /tmp/mine';
  const bundle = await makeBundle('access', ['sh', '-c', script], (spec) => ({
    ...spec,
    root: { ...spec.root, readonly: false },
    process: { ...spec.process, user: { uid: 1000, gid: 1001, additionalGids: [5] } },
  }));
  const result = await inDom0(
    `set -e; root=/var/tmp/runx-test/rootfs; ln -sf busybox $root/bin/stat; chmod 1777 $root/tmp
     echo group > $root/etc/group-file; chown 0:5 $root/etc/group-file; chmod 640 $root/etc/group-file
     echo root > $root/etc/root-file; chmod 600 $root/etc/root-file
     runx run --bundle "$1" access; stat -c '%u:%g' $root/tmp/mine; cat $root/tmp/mine
     rm $root/tmp/mine $root/etc/*-file`,
    [bundle],
  );
  assert.equal(result.stdout.toString(), 'group\nrefused\n1000:1001 644\n1000:1001\nmine\n');
});

test('a user namespace of its own, and how the process is scheduled', async () => {
  const volume = '/var/tmp/runx-test/mapped';
  const mapping = [{ containerID: 0, hostID: 100_000, size: 65_536 }];
  const bundle = await makeBundle('mapped', ['sleep', '1000'], (spec) => ({
    ...spec,
    process: {
      ...spec.process,
      ioPriority: { class: 'IOPRIO_CLASS_BE', priority: 6 },
      scheduler: { policy: 'SCHED_BATCH', nice: 5 },
    },
    mounts: [...spec.mounts, { destination: '/tmp', type: 'bind', source: volume }],
    linux: {
      ...spec.linux,
      namespaces: [...spec.linux.namespaces, { type: 'user' }],
      uidMappings: mapping,
      gidMappings: mapping,
      personality: { domain: 'LINUX32' },
    },
  }));
  const look = `
    id -u; cat /proc/self/uid_map; busybox cut -d " " -f 19,41 /proc/1/stat; busybox ionice -p 1
    uname -m; echo mine > /tmp/file; busybox stat -c "%u %g" /tmp/file`;
  const result = await inDom0(
    `mkdir -p "$2"; chown 100000:100000 "$2"
     runx run -d --bundle "$1" mapped < /dev/null > /dev/null 2>&1
     runx exec mapped sh -c "$3"; stat -c '%u %g' "$2/file"
     grep -c . /proc/self/uid_map; runx delete --force mapped; rm -r "$2"`,
    [bundle, volume, look],
  );
  assert.equal(result.stderr, '');
  assert.deepEqual(
    result.stdout
      .toString()
      .trim()
      .split('\n')
      .map((line) => line.trim().replaceAll(/ +/g, ' ')),
    ['0', '0 100000 65536', '5 3', 'best-effort: prio 6', 'i686', '0 0', '100000 100000', '1'],
  );
});
