// Makes container images of Debian packages: what scripts/images runs.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, openSync } from 'node:fs';
import { mkdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { machine } from 'node:os';
import { join } from 'node:path';

import { execa } from 'execa';

import { makeArchive } from './image/archive.ts';
import { startLog } from './image/program.ts';
import type { Recipe } from './image/recipe.ts';
import { recipes } from './image/recipes.ts';
import { makeTree, suite } from './image/tree.ts';
import { messageOf } from '../src/errors.ts';

const usage = `usage: scripts/images [NAME...]

Makes these images, or all of them: ${[...recipes.keys()].join(' ')}
Prints the path of each: an archive (tar) that holds an OCI image layout and
docker's manifest.json.  NAME becomes the image runx.test/NAME:latest.`;

const say = (text: string): void =>
  console.error(`[${new Date().toTimeString().slice(0, 8)}] images: ${text}`);

const parseWanted = (words: readonly string[]): ReadonlyMap<string, Recipe> => {
  const wanted = new Map<string, Recipe>();
  for (const word of words) {
    if (word.startsWith('-')) throw new Error(`unknown option '${word}'\n${usage}`);
    const recipe = recipes.get(word);
    if (recipe === undefined) {
      throw new Error(`unknown image '${word}': there are ${[...recipes.keys()].join(' ')}`);
    }
    wanted.set(word, recipe);
  }
  return wanted.size === 0 ? recipes : wanted;
};

/** A hash of all that an image is made from. */
const keyOf = async (recipe: Recipe): Promise<string> => {
  const hash = createHash('sha256');
  hash.update(JSON.stringify([suite, machine(), recipe]));
  for (const file of ['tree.ts', 'layout.ts', 'archive.ts']) {
    hash.update(await readFile(new URL(`image/${file}`, import.meta.url)));
  }
  return hash.digest('hex').slice(0, 16);
};

/** Waits for whoever makes images with this cache. */
const lock = (directory: string): void => {
  const descriptor = openSync(join(directory, 'lock'), 'w');
  // The lock is on the open file, which this process keeps when flock has ended.
  execFileSync('flock', ['3'], { stdio: ['ignore', 'ignore', 'inherit', descriptor] });
};

/** Makes the image `name` as the archive `made`. */
const make = async (
  directory: string,
  name: string,
  recipe: Recipe,
  made: string,
): Promise<void> => {
  // One name for all: the next that has the lock removes what one that was killed left.
  const work = join(directory, 'work');
  const root = join(work, 'root');
  const archive = join(work, 'image.tar');
  const run = startLog(join(directory, `${name}.log`));
  await rm(work, { recursive: true, force: true });
  try {
    await mkdir(root, { recursive: true });
    await makeTree({ root, debs: join(directory, 'debs', suite), run }, recipe);
    const { stdout: architecture } = await execa('dpkg', ['--print-architecture']);
    const image = { name, architecture, config: recipe.config };
    await makeArchive(run, image, { root, layout: join(work, 'layout'), archive });
    await rename(archive, made);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
};

const main = async (words: readonly string[]): Promise<void> => {
  if (words[0] === '-h' || words[0] === '--help') {
    console.log(usage);
    return;
  }
  const wanted = parseWanted(words);
  const directory = join(process.env['RUNX_CACHE'] ?? '', 'images');
  await mkdir(directory, { recursive: true });
  lock(directory);
  // The trees' modes do not depend on who makes them.
  process.umask(0o022);
  for (const [name, recipe] of wanted) {
    const made = join(directory, `${name}-${await keyOf(recipe)}.tar`);
    if (!existsSync(made)) {
      if (process.getuid?.() !== 0) throw new Error('making an image needs root');
      say(`making ${name}`);
      await make(directory, name, recipe, made);
      say(`${name}, ${Math.floor((await stat(made)).size / 1_000_000)} MB`);
    }
    console.log(made);
  }
};

try {
  await main(process.argv.slice(2));
} catch (error) {
  console.error(`images: ${messageOf(error)}`);
  process.exitCode = 1;
}
