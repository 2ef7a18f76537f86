import assert from 'node:assert/strict';
import { after, afterEach, before } from 'node:test';

import {
  containerdAddress,
  containerdLeftovers,
  restartContainerd,
  startContainerd,
  stopContainerd,
} from '../support/containerd.ts';
import { type CriClient, connectCri } from '../support/cri.ts';
import { inDom0, leftovers } from '../support/dom0.ts';
import { engineTest, image, isInDom0, longEngineTest } from '../support/engines.ts';

const example = 'config-v2.toml';
const logs = '/var/tmp/runx-test/pod-logs';
const conflist = '/etc/cni/net.d/10-runx-test.conflist';

/** The network of the pods. */
const network = {
  cniVersion: '0.4.0',
  name: 'runx-pods',
  plugins: [
    {
      type: 'bridge',
      bridge: 'runxpods0',
      isGateway: true,
      ipam: { type: 'host-local', subnet: '10.97.0.0/24', routes: [{ dst: '0.0.0.0/0' }] },
    },
    { type: 'portmap', capabilities: { portMappings: true }, snat: true },
  ],
};

let cri: CriClient;

before(async () => {
  if (!(await isInDom0('containerd'))) return;
  await inDom0('mkdir -p /etc/cni/net.d; cat > "$1"', [conflist], JSON.stringify(network));
  await startContainerd(
    example,
    `[plugins."io.containerd.grpc.v1.cri"]\nsandbox_image = "${image}"\n`,
  );
  cri = await connectCri(containerdAddress);
});

after(async () => {
  await cri?.close();
  await stopContainerd();
  await inDom0(
    'rm -f "$1"; ip link delete runxpods0; rm -rf "$2" /var/lib/cni/networks/runx-pods',
    [conflist, logs],
  );
});

afterEach(async () => {
  assert.equal(await containerdLeftovers(), '', 'containerd has nothing left');
  assert.equal(await leftovers(), '', 'nothing is left behind');
});

const podConfig = (name: string): object => ({
  metadata: { name, uid: name, namespace: 'default' },
  hostname: name,
  logDirectory: logs,
  portMappings: [{ containerPort: 80, hostPort: 8087 }],
  linux: { cgroupParent: '/runx-pods' },
});

/** Runs `body` with a pod, and removes this. */
const withPod = async (name: string, body: (pod: string) => Promise<void>): Promise<void> => {
  const run = await cri.call('RunPodSandbox', { config: podConfig(name), runtimeHandler: 'runx' });
  const podSandboxId = String(run['podSandboxId']);
  try {
    await body(podSandboxId);
  } finally {
    await cri.call('StopPodSandbox', { podSandboxId });
    await cri.call('RemovePodSandbox', { podSandboxId });
  }
};

const createContainer = async (
  podSandboxId: string,
  name: string,
  command: readonly string[],
  more: object = {},
): Promise<string> => {
  const { containerId } = await cri.call('CreateContainer', {
    podSandboxId,
    config: {
      metadata: { name },
      image: { image },
      command,
      logPath: `${name}.log`,
      ...more,
    },
    sandboxConfig: podConfig(name),
  });
  return String(containerId);
};

const statusOf = async (containerId: string): Promise<{ state?: number; exitCode?: number }> => {
  const { status } = await cri.call('ContainerStatus', { containerId });
  assert.ok(status !== null && typeof status === 'object');
  return status;
};

const untilExited = async (containerId: string): Promise<number> => {
  for (const end = Date.now() + 120_000; ;) {
    const { state, exitCode = 0 } = await statusOf(containerId);
    if (state === 2) return exitCode;
    assert.ok(Date.now() < end, 'the container runs on');
  }
};

/** What a container has written, as the kubelet reads it. */
const logOf = async (name: string): Promise<string> => {
  const { stdout } = await inDom0('cut -d" " -f2- "$1"', [`${logs}/${name}.log`]);
  return stdout.toString();
};

engineTest(
  'a pod: its sandbox, a container with its address, exec, logs, stop',
  'containerd',
  async () => {
    await withPod('web', async (podSandboxId) => {
      const domains = await inDom0('xl list | tail -n +3');
      assert.equal(domains.stdout.toString(), '', 'the sandbox costs no domain');
      const { status } = await cri.call('PodSandboxStatus', { podSandboxId });
      const address = /10\.97\.0\.\d+/.exec(JSON.stringify(status))?.[0] ?? '';
      assert.notEqual(address, '');

      const serves =
        'echo "It works!" > /tmp/index.html; httpd -p 80 -h /tmp; echo out; echo err >&2; trap "exit 5" TERM; while :; do sleep 0.1; done';
      const containerId = await createContainer(podSandboxId, 'web', ['sh', '-c', serves], {
        envs: [{ key: 'A', value: 'a b' }],
      });
      await cri.call('StartContainer', { containerId });
      assert.deepEqual(
        await cri.call('ExecSync', {
          containerId,
          cmd: [
            'sh',
            '-c',
            'echo "$A"; hostname; ip -o -4 address show dev eth0 | grep -o 10.97[^/]*/ | tr -d /; echo err >&2; exit 7',
          ],
          timeout: 120,
        }),
        {
          stdout: Buffer.from(`a b\nweb\n${address}\n`).toString('base64'),
          stderr: Buffer.from('err\n').toString('base64'),
          exitCode: 7,
        },
      );
      const fetched = await inDom0(
        'busybox wget -q -O - "http://$1/"; busybox wget -q -O - "http://$(ip -o -4 address show dev runxpods0 | grep -o "10.97.0[^/]*"):8087/"',
        [address],
      );
      assert.equal(fetched.stdout.toString(), 'It works!\nIt works!\n', fetched.stderr);
      assert.match(
        await logOf('web'),
        /^(?:stdout F out\nstderr F err\n|stderr F err\nstdout F out\n)$/,
      );

      await assert.rejects(
        createContainer(podSandboxId, 'second', ['true']).then((second) =>
          cri.call('StartContainer', { containerId: second }),
        ),
        /the container's network namespace belongs to another domain/,
      );
      await cri.call('StopContainer', { containerId, timeout: 60 });
      assert.equal(await untilExited(containerId), 5);
      await cri.call('RemoveContainer', { containerId });
    });
  },
);

longEngineTest(
  'a container that ends is followed by another in its pod',
  'containerd',
  async () => {
    await withPod('again', async (podSandboxId) => {
      for (const code of [3, 0]) {
        const script = `echo ended ${code}; exit ${code}`;
        const containerId = await createContainer(podSandboxId, `again-${code}`, [
          'sh',
          '-c',
          script,
        ]);
        await cri.call('StartContainer', { containerId });
        assert.equal(await untilExited(containerId), code);
        assert.equal(await logOf(`again-${code}`), `stdout F ended ${code}\n`);
        await cri.call('RemoveContainer', { containerId });
      }
    });
  },
);

longEngineTest('a program that is not there is named', 'containerd', async () => {
  await withPod('absent', async (podSandboxId) => {
    const containerId = await createContainer(podSandboxId, 'absent', ['nosuch']);
    await assert.rejects(
      cri.call('StartContainer', { containerId }),
      /exec: "nosuch": executable file not found in \$PATH/,
    );
  });
});

longEngineTest(
  'memory, volumes, stats; a pod removed with its container running',
  'containerd',
  async () => {
    await inDom0('mkdir -p /tmp/volume; echo from the host > /tmp/volume/file');
    await withPod('limits', async (podSandboxId) => {
      const script =
        'cat /volume/file; awk "/MemTotal/ { print (\\$2 >= 102400 && \\$2 < 153600) }" /proc/meminfo; sleep 600';
      const containerId = await createContainer(podSandboxId, 'limits', ['sh', '-c', script], {
        mounts: [{ containerPath: '/volume', hostPath: '/tmp/volume', readonly: true }],
        linux: { resources: { memoryLimitInBytes: 100 << 20 } },
      });
      await cri.call('StartContainer', { containerId });
      for (const end = Date.now() + 120_000; (await logOf('limits')).split('\n').length < 3;) {
        assert.ok(Date.now() < end, 'no output');
      }
      assert.equal(await logOf('limits'), 'stdout F from the host\nstdout F 1\n');
      const stats = JSON.stringify(await cri.call('ContainerStats', { containerId }));
      const bytes = Number(/"workingSetBytes":\{"value":"(\d+)"/.exec(stats)?.[1]);
      assert.ok(bytes > 0 && bytes < 16e6, stats);
    });
    await inDom0('rm -r /tmp/volume');
  },
);

longEngineTest('containerd is restarted below a pod', 'containerd', async () => {
  await withPod('restart', async (podSandboxId) => {
    const command = ['sh', '-c', 'trap "exit 5" TERM; while :; do sleep 0.1; done'];
    const containerId = await createContainer(podSandboxId, 'restart', command);
    await cri.call('StartContainer', { containerId });
    await cri.close();
    await restartContainerd(example);
    cri = await connectCri(containerdAddress);
    assert.equal((await statusOf(containerId)).state, 1);
    await cri.call('StopContainer', { containerId, timeout: 60 });
    assert.equal(await untilExited(containerId), 5);
  });
});
