import assert from 'node:assert/strict';
import { cp, mkdir, readFile, readdir, readlink, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';

import { execa } from 'execa';
import * as v from 'valibot';

import { cliProgram } from '../support/built-cli.ts';
import { makeFileTree } from '../support/file-tree.ts';
import { type Recipe, checkout, expand, layer, loadRecipe, wordsOf } from '../support/recipe.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const directory = 'recipes-runx/runx';
const names = await readdir(join(layer, directory));
const load = async (name: string): Promise<Recipe> =>
  loadRecipe(join(directory, names.find((file) => file.startsWith(`${name}_`)) ?? name));
const [runx, ramdisk, kernel] = await Promise.all([
  load('runx'),
  load('runx-ramdisk'),
  load('runx-kernel'),
]);

const program = `
import json, sys
text = open(sys.argv[1]).read()
start = text.index("def runx_npm_packages")
exec(text[start:text.index("\\ndef ", start + 1)])
lock = json.load(open(sys.argv[2]))
print(json.dumps(runx_npm_packages(lock, sys.argv[4:], sys.argv[3])))
`;

/** The packages that the layer fetches for a recipe, as bitbake runs its Python. */
const packagesOf = async (recipe: Recipe): Promise<readonly string[]> => {
  const bitbakeClass = join(layer, 'classes-recipe/runx-npm.bbclass');
  const lock = join(checkout, 'package-lock.json');
  const roots = wordsOf(recipe, 'RUNX_NPM_ROOTS');
  const args = ['-c', program, bitbakeClass, lock, process.arch, ...roots];
  const { stdout } = await execa('python3', args);
  return v.parse(v.array(v.string()), JSON.parse(stdout));
};

/** The recipe's sources as bitbake unpacks them, and its npm packages. */
const unpack = async (t: TestContext, recipe: Recipe): Promise<string> => {
  const root = await temporaryDirectory(t);
  for (const word of wordsOf(recipe, 'SRC_URI')) {
    const [, file = ''] = /^file:\/\/([^;]*);subdir=runx$/.exec(word) ?? [];
    if (file === '') continue;
    await mkdir(dirname(join(root, file)), { recursive: true });
    await cp(join(checkout, file), join(root, file), { recursive: true });
  }
  for (const path of await packagesOf(recipe)) {
    if (!path.startsWith('node_modules/')) continue;
    await mkdir(dirname(join(root, path)), { recursive: true });
    await cp(join(checkout, path), join(root, path), {
      recursive: true,
      filter: (source) => !source.slice(join(checkout, path).length).startsWith('/node_modules'),
    });
  }
  return root;
};

const hasPython = await execa('python3', ['--version'], { reject: false }).then(
  ({ exitCode }) => exitCode === 0,
);
const skip = hasPython ? false : 'no python3 here';

test('the sources and packages of the recipe make the same program', { skip }, async (t) => {
  const root = await unpack(t, runx);
  const compile = runx.functions.get('do_compile') ?? '';
  const lines = compile.split('\n').filter((line) => /^ +(cd|ln|node) /.test(line));
  assert.equal(lines.length, 4);
  await execa('bash', ['-ec', expand(lines.join('\n'), { S: root, B: join(root, 'out') })]);
  const files = await readdir(dirname(cliProgram));
  assert.deepEqual((await readdir(join(root, 'out/bundle'))).toSorted(), files.toSorted());
  for (const name of files) {
    const built = await readFile(join(dirname(cliProgram), name), 'utf8');
    assert.equal((await readFile(join(root, 'out/bundle', name), 'utf8')) === built, true, name);
  }
  const own = join(root, 'own.toml');
  await execa(process.execPath, ['--import', 'tsx', 'scripts/reference.ts', 'toml', own], {
    cwd: checkout,
  });
  assert.equal(await readFile(join(root, 'out/runx.toml'), 'utf8'), await readFile(own, 'utf8'));
});

test('the sources and packages of the ramdisk pack it', { skip }, async (t) => {
  const root = await unpack(t, ramdisk);
  await makeFileTree(root, { files: ['busybox', 'out/process/runx-process'] });
  const compile = ramdisk.functions.get('do_compile') ?? '';
  const line = compile.split('\n').find((text) => /^ +node /.test(text)) ?? 'false';
  const values = { B: join(root, 'out'), BUSYBOX: root };
  await execa('bash', ['-ec', expand(line, values)], { cwd: root });
  assert.match(await readFile(join(root, 'out/ramdisk'), 'latin1'), /^070701.*sbin\/runx-process/s);
  const makefile = await readFile(join(root, 'initrd/process/Makefile'), 'utf8');
  const rooms = /^ROOMS = (.*)$/m.exec(makefile)?.[1]?.split(' ') ?? [];
  assert.ok(rooms.length > 1);
  for (const room of rooms) {
    const sources = await readdir(join(root, 'initrd/process', room));
    assert.ok(
      sources.some((name) => name.endsWith('.c')),
      room,
    );
  }
});

test('LICENSE names the license of each package in the bundle', { skip }, async () => {
  const lock = v.parse(
    v.object({ packages: v.record(v.string(), v.object({ license: v.optional(v.string()) })) }),
    JSON.parse(await readFile(join(checkout, 'package-lock.json'), 'utf8')),
  );
  const licenses = (await packagesOf(runx)).map((path) => lock.packages[path]?.license ?? path);
  const named = (runx.variables.get('LICENSE') ?? '').split(' & ');
  assert.deepEqual([...new Set(licenses)].toSorted(), named.toSorted());
});

const directories = {
  bindir: '/usr/bin',
  sbindir: '/usr/sbin',
  nonarch_libdir: '/usr/lib',
  sysconfdir: '/etc',
  docdir: '/usr/share/doc',
};

/** Each file below `root`, with its mode, and each link, with its target. */
const listOf = async (root: string): Promise<readonly string[]> => {
  const { stdout } = await execa('find', [root, '!', '-type', 'd', '-printf', '/%P %m %l\n']);
  return stdout
    .split('\n')
    .map((line) => line.trim())
    .toSorted();
};

test('the packages hold what scripts/build installs', async (t) => {
  const root = await temporaryDirectory(t);
  const files = [
    'bundle/runx.cjs',
    'bundle/main.cjs',
    'bundle/state.cjs',
    'monitor/runx-monitor',
    'ramdisk',
    'runx.toml',
  ];
  await makeFileTree(root, {
    files: [...files, 'kernel', 'kernel.config'].map((file) => `built/${file}`),
  });
  const build = await readFile(join(checkout, 'scripts/build'), 'utf8');
  const install = build.slice(build.indexOf('root=$build/root'));
  await execa('bash', ['-euc', install], {
    env: { top: checkout, build: join(root, 'built') },
  });
  await makeFileTree(root, { files: files.map((file) => `B/${file}`) });
  for (const arch of ['x86-64', 'aarch64']) {
    const image = kernel.variables.get(`RUNX_IMAGE:${arch}`) ?? '';
    const D = join(root, arch);
    await makeFileTree(root, { files: [`B/${image}`, 'B/.config'] });
    const values = { ...directories, D, B: join(root, 'B'), S: checkout, RUNX_IMAGE: image };
    for (const recipe of [runx, ramdisk, kernel]) {
      await execa('bash', ['-euc', expand(recipe.functions.get('do_install') ?? 'false', values)]);
    }
    const modes = (line: string): string => line.replace(/ 777 /, ' ');
    const expected = (await listOf(join(root, 'built/root'))).map(modes);
    assert.deepEqual((await listOf(D)).map(modes), expected);
    assert.equal(await readlink(join(D, 'usr/sbin/runX')), '../lib/runx/runx.cjs');
  }
});

test('each installed file is in a package', async (t) => {
  const root = await temporaryDirectory(t);
  await makeFileTree(root, {
    files: [
      'bundle/runx.cjs',
      'bundle/main.cjs',
      'monitor/runx-monitor',
      'ramdisk',
      'runx.toml',
      'image',
      '.config',
    ].map((file) => `B/${file}`),
  });
  await symlink(checkout, join(root, 'S'));
  // Those of bitbake.conf that a package has without FILES, and those of its -doc.
  const usual = ['${bindir}/*', '${sbindir}/*', '${sysconfdir}', '${docdir}'];
  for (const [index, recipe] of [runx, ramdisk, kernel].entries()) {
    const D = join(root, `D${index}`);
    const values = {
      ...directories,
      D,
      B: join(root, 'B'),
      S: join(root, 'S'),
      RUNX_IMAGE: 'image',
    };
    const script = expand(recipe.functions.get('do_install') ?? 'false', values);
    await execa('bash', ['-euc', script]);
    const isAppended = /^FILES:\$\{PN\} \+=/m.test(recipe.text);
    const patterns = [...(isAppended ? usual : []), ...wordsOf(recipe, 'FILES:${PN}')].map((word) =>
      expand(word, directories).replace(/\/\*$/, ''),
    );
    for (const line of await listOf(D)) {
      const [path = ''] = line.split(' ');
      assert.ok(
        patterns.some((pattern) => path === pattern || path.startsWith(`${pattern}/`)),
        `${path} is in no package`,
      );
    }
  }
});
