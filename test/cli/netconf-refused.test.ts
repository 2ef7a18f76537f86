import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, chown, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';

import { assertFails, assertSilent } from '../support/assert-result.ts';
import { type FakeDom0, makeFakeDom0 } from '../support/fake-dom0.ts';
import { type Networks, assertNothingIsLeft, makeNetworks, network } from '../support/networks.ts';

interface Refusal {
  readonly what: string;
  /** Returns the NETCONF. */
  readonly arrange: (networks: Networks) => Promise<string>;
  readonly sentence: (networks: Networks) => string;
}

const elsewhere = ({ path }: FakeDom0): string =>
  `is not in ${path('cni')}; move it there, or add its directory to netconf_directories in runx.toml`;

const refusals: readonly Refusal[] = [
  {
    what: 'a file that is not there',
    arrange: async ({ file }) => `${file}x,net`,
    sentence: ({ file }) => `NETCONF file ${file}x does not exist`,
  },
  {
    what: 'a relative path',
    arrange: async () => 'net.conf,net',
    sentence: () => 'NETCONF: "net.conf" is not an absolute path; expected FILE,NAME[,IP]',
  },
  {
    what: 'a file that others can write',
    arrange: async ({ file }) => {
      await chmod(file, 0o666);
      return `${file},net`;
    },
    sentence: ({ file }) => `NETCONF file ${file} is writable by group or others; chmod go-w it`,
  },
  {
    what: 'a file that is not of root',
    arrange: async ({ file }) => {
      await chown(file, 1000, 1000);
      return `${file},net`;
    },
    sentence: ({ file }) => `NETCONF file ${file} belongs to user 1000; it must belong to root`,
  },
  {
    what: 'a directory',
    arrange: async ({ dom0 }) => {
      await mkdir(dom0.path('cni/net.d'));
      return `${dom0.path('cni/net.d')},net`;
    },
    sentence: ({ dom0 }) => `NETCONF file ${dom0.path('cni/net.d')} is not a regular file`,
  },
  {
    what: 'a FIFO, without waiting for its other end',
    arrange: async ({ file }) => {
      execFileSync('mkfifo', [`${file}.fifo`]);
      return `${file}.fifo,net`;
    },
    sentence: ({ file }) => `NETCONF file ${file}.fifo is not a regular file`,
  },
  ...['/dev/watchdog', '/dev/zero', '/proc/kmsg', '/etc/passwd', '/etc'].map((path) => ({
    what: path,
    arrange: async () => `${existsSync(path) ? path : '/dev/null'},net`,
    sentence: ({ dom0 }: Networks) =>
      `NETCONF file ${existsSync(path) ? path : '/dev/null'} ${elsewhere(dom0)}`,
  })),
  {
    what: 'the directory of the files itself',
    arrange: async ({ dom0 }) => `${dom0.path('cni')},net`,
    sentence: ({ dom0 }) => `NETCONF file ${dom0.path('cni')} ${elsewhere(dom0)}`,
  },
  {
    what: 'a file beside the directory, by a path through it',
    arrange: async ({ dom0 }) => {
      await writeFile(dom0.path('net.conf'), JSON.stringify(network));
      return `${dom0.path('cni')}/../net.conf,net`;
    },
    sentence: ({ dom0 }) => `NETCONF file ${dom0.path('cni')}/../net.conf ${elsewhere(dom0)}`,
  },
  {
    what: 'a file in the rootfs, by a link from outside',
    arrange: async ({ dom0, bundleWith }) => {
      const bundle = await bundleWith('');
      await writeFile(join(bundle, 'rootfs/net.conf'), JSON.stringify(network));
      await symlink(join(bundle, 'rootfs/net.conf'), dom0.path('cni/link.conf'));
      return `${dom0.path('cni/link.conf')},net`;
    },
    sentence: ({ dom0 }) => `NETCONF file ${dom0.path('cni/link.conf')} ${elsewhere(dom0)}`,
  },
  {
    what: 'a file that is not JSON',
    arrange: async ({ file }) => {
      await writeFile(file, 'net');
      return `${file},net`;
    },
    sentence: ({ file }) => `NETCONF file ${file}: is not JSON`,
  },
  {
    what: 'another name than the network has',
    arrange: async ({ file }) => `${file},other`,
    sentence: ({ file }) => `NETCONF file ${file} has the network "net", not "other"`,
  },
  {
    what: 'an ipam plugin that is not there',
    arrange: async ({ file }) => {
      const ipam = { type: 'host-local', subnet: '10.0.0.0/24' };
      await writeFile(file, JSON.stringify({ ...network, ipam }));
      return `${file},net`;
    },
    sentence: ({ plugins }) => `network net: plugin host-local not found in ${plugins.directory}`,
  },
  {
    what: 'a plugin that is not there',
    arrange: async ({ file, plugins }) => {
      await rm(join(plugins.directory, 'link'));
      return `${file},net`;
    },
    sentence: ({ plugins }) => `network net: plugin link not found in ${plugins.directory}`,
  },
  {
    what: 'a version that its plugin does not have',
    arrange: async ({ file }) => {
      await writeFile(file, JSON.stringify({ ...network, cniVersion: '1.1.0' }));
      return `${file},net`;
    },
    sentence: () => 'network net: plugin link does not support version 1.1.0, only 0.4.0, 1.0.0',
  },
];

describe('NETCONF refuses, before anything is done,', { concurrency: 4 }, () => {
  for (const { what, arrange, sentence } of refusals) {
    test(what, async (t) => {
      const networks = await makeNetworks(t);
      const netconf = await arrange(networks);
      assertFails(await networks.create(netconf), sentence(networks));
      assert.deepEqual(await networks.called(), []);
      assert.deepEqual(networks.dom0.monitorCalls(), []);
      assertNothingIsLeft(networks);
    });
  }

  test('to be in the environment where runx.toml says so', async (t) => {
    const networks = await makeNetworks(t);
    const config = readFileSync(networks.dom0.configFile, 'utf8');
    await writeFile(networks.dom0.configFile, `${config}netconf_env = false\n`);
    assertFails(
      await networks.create(`${networks.file},net`),
      'NETCONF in process.env is not allowed: netconf_env in runx.toml is false',
    );
  });
});

describe('a container in a network that its engine has chosen', { concurrency: 4 }, () => {
  const linux = { namespaces: [{ type: 'network', path: '/run/netns/engine' }] };

  test('gets no other by NETCONF, which an image can set', async (t) => {
    const networks = await makeNetworks(t);
    assertFails(
      await networks.create(`${networks.file},net`, { linux }),
      'NETCONF in process.env is not allowed for a container with the network namespace /run/netns/engine: set netconf_env to true in runx.toml, or use the annotation io.runx.netconf',
    );
    assertNothingIsLeft(networks);
  });

  test('gets another where runx.toml allows it', async (t) => {
    const networks = await makeNetworks(t, { netconf_env: true });
    assertSilent(await networks.create(`${networks.file},net`, { linux }));
    assert.deepEqual(await networks.called(), ['link ADD eth0']);
  });
});

describe('a network by annotation', { concurrency: 4 }, () => {
  const annotated = ({ file }: Networks): object => ({
    annotations: { 'io.runx.netconf': `${file},net` },
  });

  test('goes before NETCONF where it is allowed', async (t) => {
    const networks = await makeNetworks(t, { annotations: ['io.runx.netconf'] });
    assertSilent(await networks.create('/nowhere,net', annotated(networks)));
    assert.deepEqual(await networks.called(), ['link ADD eth0']);
  });

  test('is refused where it is not', async (t) => {
    const networks = await makeNetworks(t);
    assertFails(
      await networks.create(`${networks.file},net`, annotated(networks)),
      'annotation io.runx.netconf is not allowed: add it to annotations in runx.toml',
    );
  });
});

describe("the host's network", { concurrency: 4 }, () => {
  const host = { linux: { namespaces: [{ type: 'pid' }] } };
  const own = { linux: { namespaces: [{ type: 'network', path: '/proc/self/ns/net' }] } };
  const sentence =
    "a domain cannot have the host's network: add a network namespace to linux.namespaces in config.json, or set host_network in runx.toml";

  for (const [what, changes] of [
    ['no namespace', host],
    ["the host's namespace by its path", own],
  ] as const) {
    test(`is refused, asked for by ${what}`, async (t) => {
      const dom0 = await makeFakeDom0(t);
      const bundle = await dom0.makeBundle('bundle', changes);
      assertFails(await dom0.runx(['create', '--bundle', bundle, 'web']), sentence);
    });

    test(`can be none instead, asked for by ${what}`, async (t) => {
      const dom0 = await makeFakeDom0(t);
      await dom0.configure({ host_network: 'none' });
      const bundle = await dom0.makeBundle('bundle', changes);
      assertSilent(await dom0.runx(['create', '--bundle', bundle, 'web']));
      assert.ok(dom0.monitorCalls().every((call) => !call.some((word) => /network/.test(word))));
    });
  }

  test('can be a network instead', async (t) => {
    const networks = await makeNetworks(t);
    const { dom0, plugins, file, called } = networks;
    await dom0.configure({ cni_path: [plugins.directory], host_network: `${file},net` });
    const bundle = await dom0.makeBundle('bundle', host);
    assertSilent(await dom0.runx(['create', '--bundle', bundle, 'web']));
    assert.deepEqual(await called(), ['link ADD eth0']);
  });

  test('is not meant by the path of another namespace, which the monitor gets', async (t) => {
    const dom0 = await makeFakeDom0(t);
    const linux = { namespaces: [{ type: 'network', path: '/run/netns/engine' }] };
    const bundle = await dom0.makeBundle('bundle', { linux });
    assertSilent(await dom0.runx(['create', '--bundle', bundle, 'web']));
    const [, run] = dom0.monitorCalls().toReversed();
    assert.ok([run, ...dom0.monitorCalls()].flat().includes('--network=/run/netns/engine'));
  });
});
