import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';

import { type Outcome, inDom0, leftovers, makeBundle } from '../support/dom0.ts';

afterEach(async () => {
  assert.equal(await leftovers(), '', 'nothing is left behind');
});

const faulted = 75;

// QEMU's emulation of SVM is at fault, and Xen says so.
const unlessFaulted = `
  fault() { xl dmesg | grep -a 'Triple fault' | tail -n 1; }
  before=$(fault); directory=$(mktemp -d); cd "$directory"
  at_end() {
    code=$?; runx delete --force pvh; cd /; rm -r "$directory"
    [ "$(fault)" = "$before" ] && exit $code
    fault; exit ${faulted}
  }
  trap at_end EXIT`;

test('a PVH domain: streams, exit code, exec, a signal', async (t) => {
  const attempts = 5;
  const bundle = await makeBundle('pvh', [
    'sh',
    '-c',
    'trap "echo caught; exit 7" TERM; echo err >&2; echo out; while :; do sleep 1; done',
  ]);
  let result: Outcome | undefined;
  for (let attempt = 1; attempt <= attempts; attempt++) {
    result = await inDom0(
      `${unlessFaulted}
       echo 'domain_type = "pvh"' > runx.toml
       runx --config runx.toml run --bundle "$1" pvh > out 2> err < /dev/null & run=$!
       until grep -qs out out; do
         kill -0 $run && [ $SECONDS -lt 220 ] && sleep 0.2 || { cat err >&2; exit 1; }
       done
       runx exec pvh sh -c 'cat /sys/hypervisor/guest_type; echo error >&2; exit 9'
       echo $?; runx kill pvh TERM; wait $run; echo $?; cat out; cat err >&2`,
      [bundle],
    );
    if (result.exitCode !== faulted) break;
    t.diagnostic(`attempt ${attempt} of ${attempts}: ${result.stdout.toString().trim()}`);
  }
  assert.equal(result?.stderr, 'error\nerr\n');
  assert.equal(result?.stdout.toString(), 'PVH\n9\n7\nout\ncaught\n');
  assert.equal(result?.exitCode, 0);
});
