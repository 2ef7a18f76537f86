import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** The directories of the npm packages that the files of a bundle come from. */
const packagesOf = (inputs: readonly string[]): readonly string[] =>
  [
    ...new Set(
      inputs.flatMap((path) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? []),
    ),
  ].toSorted();

/** Name, version, license and its text of every npm package in a bundle. */
export const renderNotices = (inputs: readonly string[]): string =>
  packagesOf(inputs)
    .map((directory) => {
      const metadata: { name: string; version: string; license?: string } = JSON.parse(
        readFileSync(join(directory, 'package.json'), 'utf8'),
      );
      const file = readdirSync(directory).find((name) => /^licen[cs]e/i.test(name));
      if (metadata.license === undefined || file === undefined) {
        throw new Error(`${directory} has no license`);
      }
      const text = readFileSync(join(directory, file), 'utf8').trim();
      return `${metadata.name} ${metadata.version} (${metadata.license})\n\n${text}\n`;
    })
    .join(`\n${'-'.repeat(72)}\n\n`);
