import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';

import { inDom0, leftovers, makeBundle } from '../support/dom0.ts';

afterEach(async () => {
  assert.equal(await leftovers(), '', 'nothing is left behind');
});

const MiB = 1024 * 1024;

// Says a word and how much memory and how many CPUs it sees, some times a second.
const talks = [
  'sh',
  '-c',
  'while read _ total _ < /proc/meminfo && read cpus < /sys/devices/system/cpu/online; do echo "tick $total $cpus"; sleep 0.5; done',
];

// How far the container has come: lines of its output, tenths of a second of CPU time.
const progress = `lines() { wc -l < "$out"; }
  time_of() { xl list | awk 'NR > 2 { print $NF * 10 }'; }
  until_line() { until tail -n 3 "$out" | grep -q "$1"; do sleep 0.2; done; }
  stats() { runx events --stats "$1"; }`;

test('pause stops CPU time and output, resume lets them go on; ps, events and update tell and change', async () => {
  const bundle = await makeBundle('control', talks, (spec) => ({
    ...spec,
    linux: {
      ...spec.linux,
      resources: {
        memory: { limit: 100 * MiB },
        cpu: { quota: 200_000, period: 100_000, shares: 512 },
      },
    },
  }));
  const result = await inDom0(
    `set -e; out=/tmp/control.out; ${progress}
     printf 'memory_max_mib = 400\\n' > /tmp/control.toml
     runx --config /tmp/control.toml run -d --bundle "$1" --pid-file /tmp/control.pid control > $out < /dev/null
     until_line tick; domain=$(xl list | awk 'NR > 2 { print $1 }')
     weights() { xl sched-credit2 -d "$domain" | awk 'NR == 2 { print $3, $4 }'; }
     first=$(stats control); sleep 3; second=$(stats control)
     cpus=$(tail -n 1 $out | awk '{ print $3 }'); weight=$(weights)
     runx pause control; sleep 1; status=$(runx state control | grep -o paused)
     before="$(lines) $(time_of)"; sleep 3; after="$(lines) $(time_of)"
     runx kill control CONT; runx resume control
     until [ "$(lines)" -gt "\${after% *}" ]; do sleep 0.2; done
     small=$(tail -n 1 $out | awk '{ print $2 }')
     runx update --memory 300m --cpu-quota 50000 --cpu-share 2048 control
     until [ "$(tail -n 1 $out | awk '{ print $2 }')" -gt $((small + 150000)) ]; do sleep 0.2; done
     until tail -n 1 $out | grep -q ' 0$'; do sleep 0.2; done
     large=$(tail -n 1 $out | awk '{ print $2 }'); weight2=$(weights)
     printf '{"memory":{"limit":%d},"cpu":{"shares":0,"quota":0,"cpus":""}}' $((80 << 20)) |
       runx update --resources - control
     until [ "$(tail -n 1 $out | awk '{ print $2 }')" -lt "$small" ]; do sleep 0.2; done
     pids=$(runx ps --format json control); table=$(runx ps control -e -o pid= -o comm= 2>&1 || :)
     runx events --interval 500ms control > /tmp/control.events & events=$!
     until [ -s /tmp/control.events ]; do sleep 0.2; done
     runx pause control; runx kill control KILL; ended=0; wait $events || ended=$?
     printf '%s\\n' "$first" "$second" "$cpus" "$weight" "$status" "$before" "$after" "$small" "$large" "$weight2" \
       "$pids" "$table" "$(cat /tmp/control.pid)" "$ended"
     runx delete control; rm /tmp/control.*`,
    [bundle],
  );
  assert.equal(result.exitCode, 0, result.stderr);
  const [
    first = '',
    second = '',
    cpus,
    weight,
    status,
    before,
    after,
    small,
    large,
    weight2,
    ...rest
  ] = result.stdout.toString().split('\n');
  const [pids, table, pid, ended] = rest;
  const usage = (line: string): { cpu: number; memory: number } => {
    const { data }: Stats = JSON.parse(line);
    return { cpu: data.cpu.usage.total, memory: data.memory.usage.usage };
  };
  assert.ok(usage(second).cpu > usage(first).cpu, `${first} ${second}`);
  assert.ok(usage(first).memory >= 100 * MiB && usage(first).memory < 200 * MiB, first);
  assert.deepEqual([cpus, weight], ['0-1', '128 0']);
  assert.deepEqual([status, after], ['paused', before]);
  assert.ok(Number(large) > Number(small) + 150_000, `${small} kB, then ${large} kB`);
  assert.equal(weight2, '512 50');
  assert.equal(pids, `[${pid}]`);
  assert.equal(table, "runx: couldn't find PID field in ps output");
  assert.equal(ended, '0');
});

interface Stats {
  readonly data: {
    readonly cpu: { readonly usage: { readonly total: number } };
    readonly memory: { readonly usage: { readonly usage: number } };
  };
}

for (const limitMiB of [13, 128]) {
  test(`with a limit of ${limitMiB} MiB, a process can allocate as much`, async () => {
    const count = `dd if=/dev/zero of=/dev/null bs=${limitMiB}M count=1`;
    const bundle = await makeBundle(`memory-${limitMiB}`, ['sh', '-c', count], (spec) => ({
      ...spec,
      linux: { ...spec.linux, resources: { memory: { limit: limitMiB * MiB } } },
    }));
    const result = await inDom0(`runx run --bundle "$1" memory; echo $?`, [bundle]);
    assert.equal(result.stdout.toString(), '0\n', result.stderr);
  });
}
