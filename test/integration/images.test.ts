import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, afterEach, before } from 'node:test';

import { confs, dom0, example, writeConfs } from '../support/dom0-network.ts';
import { inDom0, leftovers } from '../support/dom0.ts';
import { engineTest, imageArchive, longEngineTest } from '../support/engines.ts';

const bundles = '/var/tmp/runx-test/images';

before(async () => {
  await writeConfs({ 'mynet.conf': await example('mynet.conf') });
});

after(async () => {
  await inDom0('rm -rf "$1" "$2"; ip link delete xenbr0', [bundles, confs]);
});

afterEach(async () => {
  assert.equal(await leftovers(), '', 'nothing is left behind');
});

interface Change {
  readonly args?: readonly string[];
  readonly environment?: readonly string[];
  readonly mounts?: readonly object[];
}

// What docker gives, and umoci does not: servers become another user.
const capabilities = [
  'CAP_CHOWN',
  'CAP_DAC_OVERRIDE',
  'CAP_FOWNER',
  'CAP_KILL',
  'CAP_NET_BIND_SERVICE',
  'CAP_SETGID',
  'CAP_SETUID',
];

/** Changes the config.json of a bundle: no terminal, and what is given. */
const configure = async (name: string, change: Change = {}): Promise<void> => {
  await dom0(
    `node -e '
       const [file, change] = process.argv.slice(1);
       const config = JSON.parse(fs.readFileSync(file, "utf8"));
       const { args = config.process.args, environment = [], mounts = [], capabilities } = JSON.parse(change);
       config.process.args = args;
       config.process.terminal = false;
       config.process.env.push(...environment);
       config.mounts.push(...mounts);
       for (const set of Object.keys(config.process.capabilities))
         config.process.capabilities[set] = capabilities;
       fs.writeFileSync(file, JSON.stringify(config));' "$1/$2/config.json" "$3"`,
    bundles,
    name,
    JSON.stringify({ ...change, capabilities }),
  );
};

/** Makes a bundle of an image of scripts/images, by skopeo and umoci. */
const unpack = async (name: string, image: string, change: Change = {}): Promise<void> => {
  await dom0(
    `mkdir -p "$1"; rm -rf "$1/$2"
     skopeo copy --quiet "oci-archive:$3" "oci:$1/layout-$2:latest"
     umoci unpack --image "$1/layout-$2:latest" "$1/$2" 2> /dev/null
     rm -r "$1/layout-$2"`,
    bundles,
    name,
    await imageArchive(image),
  );
  await configure(name, change);
};

const netconf = (address: string): string => `NETCONF=${confs}/mynet.conf,mynet,${address}`;

/** Runs a script in the Dom0 with the functions start, until_ok and stop, and ends the container. */
const withContainer = async (name: string, script: string): Promise<string> => {
  try {
    return await dom0(
      `start() { runx run -d --bundle "${bundles}/$1" "$1" < /dev/null > "/tmp/$1.out" 2>&1 || cat "/tmp/$1.out"; }
       until_ok() {
         local deadline=$((SECONDS + 400))
         until "$@" > /dev/null 2>&1; do [ $SECONDS -lt $deadline ] || { cat /tmp/*.out; return 1; }; sleep 0.5; done
       }
       stop() {
         runx kill "$1" "$2"
         local deadline=$((SECONDS + 60))
         until runx state "$1" | grep -q '"stopped"'; do [ $SECONDS -lt $deadline ] || return 1; sleep 0.2; done
         runx delete "$1"
       }
       ${script}`,
    );
  } finally {
    await inDom0('runx delete --force "$1"; rm -f "/tmp/$1.out"', [name]);
  }
};

const servers = [
  {
    name: 'httpd',
    address: '192.168.0.80',
    stopSignal: 'WINCH',
    page: '<html><body><h1>It works!</h1></body></html>\n',
    testIt: engineTest,
  },
  {
    name: 'nginx',
    address: '192.168.0.81',
    stopSignal: 'QUIT',
    page: '<html><body><h1>Welcome to nginx!</h1></body></html>\n',
    testIt: longEngineTest,
  },
];

for (const { name, address, stopSignal, page, testIt } of servers) {
  testIt(`${name}, unpacked by umoci, with NETCONF, is fetched from Dom0`, 'umoci', async () => {
    await unpack(name, name, { environment: [netconf(address)] });
    const seen = await withContainer(
      name,
      `start ${name}; until_ok timeout 10 busybox wget -q -O - http://${address}/
       timeout 10 busybox wget -q -O - http://${address}/; stop ${name} ${stopSignal}`,
    );
    assert.equal(seen, page);
  });
}

longEngineTest('docker export, tar, runx spec, runx run', 'docker', async () => {
  const archive = await imageArchive('busybox');
  // What `docker export` writes is the tree of the image.
  await dom0(
    `mkdir -p "$1/exported/rootfs"; skopeo copy --quiet "oci-archive:$2" "dir:$1/layers"
     tar -C "$1/exported/rootfs" -xf "$(find "$1/layers" -type f -size +500k)"; rm -r "$1/layers"
     runx spec --bundle "$1/exported"`,
    bundles,
    archive,
  );
  await configure('exported');
  const seen = await dom0(
    'echo "uname; exit 3" | runx run --bundle "$1/exported" exported || echo $?',
    bundles,
  );
  assert.equal(seen, 'Linux\n3\n');
});

longEngineTest('redis keeps its data on a volume', 'umoci', async () => {
  await dom0('mkdir -p "$1/redis-data"', bundles);
  await unpack('redis', 'redis', {
    environment: [netconf('192.168.0.82')],
    mounts: [
      { destination: '/data', type: 'bind', source: `${bundles}/redis-data`, options: ['rbind'] },
    ],
  });
  const seen = await withContainer(
    'redis',
    `start redis; until_ok runx exec redis redis-cli ping
     runx exec redis redis-cli set key value
     stop redis TERM
     start redis; until_ok runx exec redis redis-cli ping
     runx exec redis redis-cli get key
     stop redis TERM`,
  );
  assert.equal(seen, 'OK\nvalue\n');
});

longEngineTest('postgresql keeps its data on a volume', 'umoci', async () => {
  await dom0('mkdir -p "$1/postgresql-data"', bundles);
  await unpack('postgresql', 'postgresql', {
    environment: [netconf('192.168.0.83')],
    mounts: [
      {
        destination: '/var/lib/postgresql/data',
        type: 'bind',
        source: `${bundles}/postgresql-data`,
        options: ['rbind'],
      },
    ],
  });
  const psql = 'runx exec postgresql psql -h 127.0.0.1 -U postgres -qtA -c';
  const seen = await withContainer(
    'postgresql',
    `start postgresql; until_ok ${psql} 'select 1'
     ${psql} "create table t (v text); insert into t values ('kept')"
     stop postgresql INT
     start postgresql; until_ok ${psql} 'select 1'
     ${psql} 'select v from t'
     stop postgresql INT`,
  );
  assert.equal(seen, 'kept\n');
});

longEngineTest('a python image runs a script on its standard input', 'umoci', async () => {
  await unpack('python', 'python');
  const result = await inDom0(
    'runx run --bundle "$1/python" python',
    [bundles],
    'import sys, platform; print(platform.system()); sys.exit(4)\n',
  );
  assert.equal(result.stdout.toString() + result.stderr, 'Linux\n');
  assert.equal(result.exitCode, 4);
});

engineTest("what systemd does by the example's unit", 'runx', async () => {
  const unit = await readFile(
    new URL('../../examples/systemd/runx@.service', import.meta.url),
    'utf8',
  );
  const command = (key: string): string =>
    (new RegExp(`^${key}=(.*)$`, 'm').exec(unit)?.[1] ?? assert.fail(key)).replaceAll('%i', 'unit');
  await dom0(
    'mkdir -p "$1/unit/rootfs/bin"; cp /usr/bin/busybox "$1/unit/rootfs/bin"; ln -s busybox "$1/unit/rootfs/bin/sh"; runx spec --bundle "$1/unit"',
    bundles,
  );
  await configure('unit', {
    args: ['sh', '-c', "trap 'exit 5' TERM; while :; do busybox sleep 0.1; done"],
  });
  // Type=forking: the pid-file's process is the service, and its signal ends it.
  const seen = await inDom0(
    `cd "$1/unit"; ${command('ExecStart')} < /dev/null > /tmp/unit.out 2>&1; echo "$?"
     pid=$(cat ${command('PIDFile')}); runx state unit | grep -o '"running"'
     kill -TERM "$pid"
     deadline=$((SECONDS + 60)); while kill -0 "$pid" 2> /dev/null && [ $SECONDS -lt $deadline ]; do sleep 0.1; done
     runx state unit | grep -o '"stopped"'
     ${command('ExecStopPost')}; echo "$?"; rm ${command('PIDFile')} /tmp/unit.out`,
    [bundles],
  );
  assert.equal(seen.stdout.toString() + seen.stderr, '0\n"running"\n"stopped"\n0\n');
});
