import { dirname } from 'node:path';

import { libraryDirectory, settings as declared } from '../../src/config.ts';
import type { Shape } from '../../src/shape.ts';

export interface Setting {
  readonly name: string;
  /** As in TOML; undefined when there is none. */
  readonly defaultValue: string | undefined;
  /** A value for a setting without a default. */
  readonly example: string | undefined;
  readonly meaning: string;
  /** What it, or each of its members, can be; none where that is not a list. */
  readonly choices: readonly string[];
  readonly isList: boolean;
}

const installedDirectory = '/usr/lib/runx';

const renderToml = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(renderToml).join(', ')}]`;
  // The source lies elsewhere than what is installed.
  if (typeof value === 'string' && dirname(value) === libraryDirectory) {
    return JSON.stringify(value.replace(libraryDirectory, installedDirectory));
  }
  return JSON.stringify(value);
};

interface Declared extends Shape<unknown> {
  readonly meaning: string;
  readonly defaultValue?: unknown;
  readonly example?: unknown;
}

/** The settings of runx.toml, as they are declared. */
export const settings: readonly Setting[] = Object.entries<Declared>(declared).map(
  ([name, { meaning, defaultValue, example, choices = [], isList = false }]) => ({
    name,
    defaultValue: defaultValue === undefined ? undefined : renderToml(defaultValue),
    example: example === undefined ? undefined : renderToml(example),
    meaning,
    choices,
    isList,
  }),
);

/** runx.toml as it is installed: every line shows a default, or an example where there is none. */
export const renderSettingsFile = (): string => {
  const blocks = settings.map(({ name, defaultValue, example, meaning, choices, isList }) => {
    const among = choices.length > 0 && !isList ? `: ${choices.join(' or ')}` : '';
    const comment = wrap(`${meaning.replaceAll('`', '')}${among}.`, 88);
    return `${comment.map((line) => `# ${line}\n`).join('')}#${name} = ${defaultValue ?? example}\n`;
  });
  const head =
    '# Configuration of runx, see runx.toml(5).  Every line shows the default, or an example\n# where there is none.\n';
  return [head, ...blocks].join('\n');
};

/** Lines of at most `width` characters. */
const wrap = (text: string, width: number): readonly string[] =>
  text.split(' ').reduce<string[]>((lines, word) => {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > width) return [...lines, word];
    return [...lines.slice(0, -1), `${last} ${word}`];
  }, []);

/** The table of the README, padded as oxfmt does. */
export const renderSettingsTable = (): string => {
  const rows = [
    ['Key', 'Default', 'Meaning'],
    ...settings.map(({ name, defaultValue, meaning, choices, isList }) => [
      `\`${name}\``,
      defaultValue === undefined ? 'none' : `\`${defaultValue}\``,
      choices.length > 0 && !isList
        ? `${meaning}: ${choices.map((choice) => `\`"${choice}"\``).join(' or ')}`
        : meaning,
    ]),
  ];
  const widths = [0, 1, 2].map((column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[], filler = ' '): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0, filler)).join(' | ')} |\n`;
  const [head = [], ...body] = rows;
  return [line(head), line(['', '', ''], '-'), ...body.map((row) => line(row))].join('');
};
