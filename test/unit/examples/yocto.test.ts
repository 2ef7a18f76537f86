import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import { parse } from 'toml';
import * as v from 'valibot';

import { type Recipe, checkout, expand, layer, loadRecipe, wordsOf } from '../../support/recipe.ts';

const read = (path: string): Promise<string> => readFile(join(checkout, path), 'utf8');
const { version } = v.parse(
  v.object({ version: v.string() }),
  JSON.parse(await read('package.json')),
);

const files = (await readdir(layer, { recursive: true, withFileTypes: true }))
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name).slice(layer.length + 1));
const metadata = files.filter((path) => /\.(bb|bbclass|bbappend|inc|conf)$/.test(path));
const find = (pattern: RegExp): string => {
  const path = files.find((name) => pattern.test(name));
  assert.ok(path !== undefined, `the layer has no ${pattern}`);
  return path;
};

const [runx, ramdisk, kernel, source] = await Promise.all([
  loadRecipe(find(/runx_.*\.bb$/)),
  loadRecipe(find(/runx-ramdisk_.*\.bb$/)),
  loadRecipe(find(/runx-kernel_.*\.bb$/)),
  loadRecipe(find(/runx-source\.bbclass$/)),
]);
const recipes = { runx, ramdisk, kernel };

const localFiles = (recipe: Recipe): readonly string[] =>
  wordsOf(recipe, 'SRC_URI')
    .filter((word) => word.startsWith('file://'))
    .map((word) => word.slice('file://'.length).split(';')[0] ?? '');

test("the recipes have the program's version", () => {
  for (const recipe of [runx, ramdisk]) assert.equal(recipe.variables.get('PV'), version);
});

test('each file of SRC_URI is in the checkout, and unpacked where S is', () => {
  for (const [name, recipe] of Object.entries(recipes)) {
    assert.notDeepEqual(localFiles(recipe), []);
    for (const file of localFiles(recipe)) {
      assert.ok(existsSync(join(checkout, file)), `${name}: there is no ${file}`);
    }
    for (const word of wordsOf(recipe, 'SRC_URI')) {
      assert.match(word, /^(https:|\$\{KERNELORG_MIRROR\}\/|.*\.patch$|.*;subdir=runx$)/);
    }
  }
});

test('each download has a SHA-256 of its own', () => {
  for (const recipe of [ramdisk, kernel]) {
    const downloads = wordsOf(recipe, 'SRC_URI').filter((word) => !word.startsWith('file://'));
    assert.equal(downloads.length, 1);
    const [, name] = /;name=(\w+)$/.exec(downloads[0] ?? '') ?? [];
    assert.match(recipe.variables.get(`SRC_URI[${name}.sha256sum]`) ?? '', /^[0-9a-f]{64}$/);
  }
});

test("the license's checksum is that of LICENSE", async () => {
  const md5 = createHash('md5')
    .update(await read('LICENSE'))
    .digest('hex');
  for (const recipe of [runx, ramdisk]) {
    assert.ok(wordsOf(recipe, 'LIC_FILES_CHKSUM').includes(`file://LICENSE;md5=${md5}`));
  }
});

test('the guest kernel has the fragments of its architectures and every patch of kernel/', async () => {
  const fragments = (await readdir(join(checkout, 'kernel'))).filter(
    (name) => name.endsWith('.config') && name !== 'arm.config',
  );
  const patches = await readdir(join(checkout, 'kernel/patches'));
  assert.deepEqual(localFiles(kernel), [
    ...fragments.toSorted().map((name) => `kernel/${name}`),
    ...patches.toSorted().map((name) => `kernel/patches/${name}`),
  ]);
  for (const arch of ['x86-64', 'aarch64']) {
    const values = {
      RUNX_ARCH: kernel.variables.get(`RUNX_ARCH:${arch}`) ?? '',
      RUNX_UNPACKED: '/unpacked',
    };
    const used = expand(kernel.variables.get('RUNX_FRAGMENTS') ?? '', values).split(' ');
    for (const path of used) {
      assert.ok(localFiles(kernel).includes(path.replace('/unpacked/runx/', '')), path);
    }
    const image = kernel.variables.get(`RUNX_IMAGE:${arch}`) ?? '';
    assert.ok((await read('kernel/build')).includes(`image=${image} `), image);
  }
});

test('what the bundle is made with is fetched', async () => {
  const sources = (await readdir(join(checkout, 'src'), { recursive: true })).filter(
    (path) => path.endsWith('.ts') && !path.startsWith('cni-ts-client/'),
  );
  const texts = await Promise.all(sources.map((path) => read(join('src', path))));
  const imported = texts.flatMap((text) =>
    [...text.matchAll(/(?:from |import\()'([^.'/:]+)(?:\/[^']*)?'/g)].map(([, name = '']) => name),
  );
  const roots = [...new Set([...imported, 'rolldown', 'tsx'])].toSorted();
  assert.deepEqual(wordsOf(runx, 'RUNX_NPM_ROOTS').toSorted(), roots);
});

test("Dom0's kernel has the options that runx check names", async () => {
  const fragment = await readFile(join(layer, find(/runx-dom0\.cfg$/)), 'utf8');
  const options = (await read('src/check/modules.ts')).match(/CONFIG_\w+/g) ?? [];
  assert.notDeepEqual(options, []);
  for (const option of options) assert.match(fragment, new RegExp(`^${option}=[ym]$`, 'm'));
});

const cri = v.object({
  plugins: v.object({
    'io.containerd.cri.v1.runtime': v.object({
      containerd: v.object({
        default_runtime_name: v.string(),
        runtimes: v.record(
          v.string(),
          v.object({ options: v.optional(v.object({ BinaryName: v.string() })) }),
        ),
      }),
    }),
  }),
});

test('containerd starts the program where the recipe puts it', async () => {
  const text = await readFile(join(layer, find(/files\/config\.toml$/)), 'utf8');
  const { containerd } = v.parse(cri, parse(text)).plugins['io.containerd.cri.v1.runtime'];
  assert.equal(containerd.default_runtime_name, 'runx');
  assert.equal(containerd.runtimes['runx']?.options?.BinaryName, '/usr/sbin/runX');
  assert.match(runx.functions.get('do_install') ?? '', / \$\{D\}\$\{sbindir\}\/runX$/m);
});

// What BitBake, OpenEmbedded-Core and meta-virtualization define.
const defined =
  'B BUILD_CC BUILD_CFLAGS BUILD_CPP BUILD_LDFLAGS CC CCLD D DEBUG_PREFIX_MAP KERNELORG_MIRROR LAYERDIR ' +
  'PN PV S STRIP TARGET_ARCH TARGET_PREFIX THISDIR TOOLCHAIN_OPTIONS WORKDIR ' +
  'ARCH KERNEL_AR KERNEL_CC KERNEL_LD KERNEL_OBJCOPY KERNEL_STRIP ' +
  'bindir docdir nonarch_libdir sbindir sysconfdir';

test("each file is made of BitBake's statements", async () => {
  const assignment = String.raw`(export )?[\w:$\{}[\].-]+ *(\?=|:=|\+=|\.=|=) *"(\\\n|[^"\n])*"`;
  const python = String.raw`(def \w+\(.*\):|python \(\) \{)\n(( .*)?\n)+(\})?`;
  const shell = String.raw`[\w:]+\(\) \{\n( .*\n|\n)*\}`;
  const flag = String.raw`[\w:$\{}-]+\[\w+\] *(\+=|=) *"[^"\n]*"`;
  const directive = String.raw`(inherit|require) .+|#.*`;
  const statement = new RegExp(`^(${[directive, assignment, flag, shell, python].join('|')})\\n+`);
  for (const path of metadata) {
    let rest = (await loadRecipe(path)).text;
    for (let match = statement.exec(rest); match !== null; match = statement.exec(rest)) {
      rest = rest.slice(match[0].length);
    }
    assert.equal(rest, '', path);
  }
});

test('each variable is defined here or by OpenEmbedded', async () => {
  const known = new Set(defined.split(' '));
  const texts = await Promise.all(metadata.map((path) => loadRecipe(path)));
  for (const { variables } of texts) {
    for (const name of variables.keys()) known.add(name.split(/[:[]/)[0] ?? '');
  }
  for (const [index, { text }] of texts.entries()) {
    for (const [, name = ''] of text.matchAll(/\$\{([\w-]+)\}/g)) {
      assert.ok(known.has(name), `${metadata[index]}: \${${name}}`);
    }
  }
});

test('each class and file of the layer that is named is there', async () => {
  const elsewhere = new Set(
    ['features_check', 'kernel-arch', 'packagegroup', 'pkgconfig'].map((name) => `${name}.bbclass`),
  );
  for (const path of metadata) {
    const { text } = await loadRecipe(path);
    for (const [, names = ''] of text.matchAll(/^inherit (.*)$/gm)) {
      // A condition names the class among the features that it asks for.
      for (const name of names.match(names.startsWith('${') ? /runx-[\w-]+/g : /\S+/g) ?? []) {
        const file = `${name}.bbclass`;
        assert.ok(elsewhere.has(file) || files.includes(`classes-recipe/${file}`), file);
      }
    }
  }
  assert.equal(source.variables.get('S'), '${RUNX_UNPACKED}/runx');
});

test('the layer is the one that its checkout lies around', async () => {
  const { variables } = await loadRecipe('conf/layer.conf');
  const path = expand(variables.get('RUNX_SOURCE') ?? '', { LAYERDIR: layer });
  assert.equal(join(path, '/'), join(checkout, '/'));
});
