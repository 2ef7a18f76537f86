import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { renderProcessRecord } from '../../src/guest/record.ts';
import { unpackRamdisk } from '../support/guest-network.ts';
import { noPython } from '../support/pty.ts';
import { processWith, specWith } from '../support/spec.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const options = { skip: process.getuid?.() === 0 ? noPython : 'only root enters namespaces' };
const xen = readFileSync(fileURLToPath(new URL('../fixtures/guest/xen.py', import.meta.url)));

const prepare = `
for name, minor in (("null", 3), ("zero", 5)):
    os.mknod(f"{root}/dev/{name}", 0o020666, os.makedev(1, minor))
subprocess.run(["mount", "--bind", "/proc", f"{root}/proc"], check=True)
records = {name: bytes.fromhex(text) for name, text in json.loads(sys.argv[2]).items()}
`;

/** What the program prints, as JSON, in the place of Xen around the ramdisk. */
const inGuest = async (
  t: TestContext,
  program: string,
  records: Readonly<Record<string, Buffer>> = {},
): Promise<unknown> => {
  const root = join(await temporaryDirectory(t), 'root');
  await unpackRamdisk(root);
  mkdirSync(`${root}/dev`, { recursive: true });
  const texts = Object.entries(records).map(([name, record]) => [name, record.toString('hex')]);
  const file = `${root}.py`;
  writeFileSync(file, `${xen.toString()}\n${prepare}\n${program}`);
  const { stdout } = await promisify(execFile)(
    'unshare',
    ['--mount', '/usr/bin/python3', file, root, JSON.stringify(Object.fromEntries(texts))],
    { timeout: 60_000 },
  );
  return JSON.parse(stdout);
};

const shell = (slot: number, script: string): Buffer =>
  renderProcessRecord(
    slot,
    specWith({}),
    processWith({ args: ['/bin/sh', '-c', script], env: ['PATH=/usr/bin:/bin'] }),
    undefined,
  );

test('an added process has the console of its event, whichever are free', options, async (t) => {
  const said = await inGuest(
    t,
    `
container = Container(1)
free = node("hvc3")
answers, codes = [], []
for number in (5, 2):
    console = node(f"hvc{number}")
    helper = bound(number)
    assert read(console, 1) == b"\\0"
    answer = ask(console, records["shell"])
    assert answer[-1][0] == "x", answer
    answers.append(sorted(answer))  # its output may come before the word that it runs
    os.close(console)
    codes.append(helper.wait(DEADLINE))
print(json.dumps([answers, is_quiet(free), codes]))
`,
    { shell: shell(1, 'echo out; exit 7') },
  );
  const answers = [
    ['1', 'out\n'],
    ['s', ''],
    ['x', '\u0007'],
  ];
  assert.deepEqual(said, [[answers, answers], true, [0, 0]]);
});

test('what is no console of an added process is left alone', options, async (t) => {
  const said = await inGuest(
    t,
    `
consoles = [node(f"hvc{number}") for number in (1, 2, 3)]
paths = ["/devices/console-0", "/devices/console-1", "/devices/console-64", "/devices/console-3x",
         "/devices/console-", "/devices/vif-3", "/devices/other/console-3", "/devices/console-3/x"]
codes = [run("exec", ACTION="bind", DEVPATH=path).wait(DEADLINE) for path in paths]
codes += [run("exec", ACTION=action, DEVPATH="/devices/console-3").wait(DEADLINE)
          for action in ("add", "unbind", "remove")]
codes.append(run("exec").wait(DEADLINE))
print(json.dumps([sum(codes), [is_quiet(console) for console in consoles]]))
`,
  );
  assert.deepEqual(said, [0, [true, true, true]]);
});

test('a console waits until the last one of its number is closed', options, async (t) => {
  const said = await inGuest(
    t,
    `
container = Container(1)
old = node("hvc3")
first = bound(3)
read(old, 1)
ask(old, records["shell"])
new = node("hvc3")
second = bound(3)
wait("it waits", lambda: os.path.exists(f"/proc/{second.pid}/fd") and any(
    os.readlink(f"/proc/{second.pid}/fd/{fd}").endswith("/run/console-3")
    for fd in os.listdir(f"/proc/{second.pid}/fd")))
# It gives the CPU away each time that it has looked in vain.
looks = lambda: int(open(f"/proc/{second.pid}/status").read().split("\\nvoluntary_ctxt_switches:")[1].split()[0])
begun = looks()
wait("it has looked a few times", lambda: looks() > begun + 10)
before = is_quiet(new)
os.close(old)
first.wait(DEADLINE)
read(new, 1)
answers = ask(new, records["shell"])
os.close(new)
second.wait(DEADLINE)
print(json.dumps([before, answers]))
`,
    { shell: shell(1, 'exit 3') },
  );
  assert.deepEqual(said, [
    true,
    [
      ['s', ''],
      ['x', '\u0003'],
    ],
  ]);
});

test('an added process joins the container that its record names', options, async (t) => {
  const said = await inGuest(
    t,
    `
containers = [Container(1), Container(2)]
os.makedirs(f"{root}/run/containers/3")
open(f"{root}/run/containers/3/init", "w").write("0 0\\n")
answers = []
for number, name in enumerate(["first", "second", "ended", "missing"], 3):
    console = node(f"hvc{number}")
    helper = bound(number)
    read(console, 1)
    answers.append(sorted(ask(console, records[name])))
    os.close(console)
    helper.wait(DEADLINE)
print(json.dumps(answers))
`,
    {
      first: shell(1, 'hostname'),
      second: shell(2, 'hostname'),
      ended: shell(3, 'hostname'),
      missing: shell(4, 'hostname'),
    },
  );
  const ran = (host: string) => [
    ['1', `${host}\n`],
    ['s', ''],
    ['x', '\0'],
  ];
  const failed = [
    ['f', 'the container has no process'],
    ['x', '}'],
  ];
  assert.deepEqual(said, [ran('slot-1'), ran('slot-2'), failed, failed]);
});

const traps = String.raw`for name in HUP USR1 USR2 TERM; do trap "echo $name" $name; done
  (trap "echo other" USR2; while :; do sleep 0.05; done) & sleep 0.2; echo set
  while :; do sleep 0.05; done`;

test(
  'each signal goes to its slot; what is early stays, what is nothing goes',
  options,
  async (t) => {
    const said = await inGuest(
      t,
      `
traps = ${JSON.stringify(traps)}
xenstore = Xenstore()
one, two = Container(1, traps), Container(2, traps)
assert one.line() == "set" and two.line() == "set"
os.makedirs(f"{root}/run/containers/3")
xenstore.nodes["data/signals"] = b"1:10 x 9:15 3:1 2:1 1 :1 2:0 2:65 3:-15 2:-12 "
code = run("poweroff").wait(DEADLINE)
first = one.line()
second = sorted([two.line(), two.line(), two.line()])
print(json.dumps([code, first, second, xenstore.nodes["data/signals"].decode()]))
`,
    );
    assert.deepEqual(said, [0, 'USR1', ['HUP', 'USR2', 'other'], '3:1 3:-15 ']);
  },
);

test('a domain that is shut down by hand stops all its containers, once', options, async (t) => {
  const said = await inGuest(
    t,
    `
traps = ${JSON.stringify(traps)}
xenstore = Xenstore()
one, two = Container(1, traps), Container(2, traps)
assert one.line() == "set" and two.line() == "set"
xenstore.nodes["data/signals"] = b"1:1 "
run("poweroff").wait(DEADLINE)
first = [one.line()]
run("poweroff").wait(DEADLINE)   # of the same delivery
xenstore.nodes["data/signals"] = b"1:10 "
run("poweroff").wait(DEADLINE)
first.append(one.line())
os.remove(f"{root}/run/signals")
run("poweroff").wait(DEADLINE)
print(json.dumps([first + [one.line()], two.line()]))
`,
  );
  assert.deepEqual(said, [['HUP', 'USR1', 'TERM'], 'TERM']);
});
