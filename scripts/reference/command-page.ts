import type { Options, PositionalOptions } from 'yargs';

import type { Command } from '../../src/cli/command.ts';
import { readGrammar } from './grammar.ts';
import { type Page, bold, italic, item, paragraph, prose, sentence } from './roff.ts';

const ignored = '(ignored)';

const asText = (value: unknown): string => (typeof value === 'string' ? value : '');

/** The value that an option takes: its choices, or the last word of its name. */
const renderValue = (name: string, { type, choices }: Options): string => {
  if (choices) return ` ${choices.map((choice) => bold(String(choice))).join('|')}`;
  return type === 'string' ? ` ${italic(name.slice(name.lastIndexOf('-') + 1))}` : '';
};

const describeWithDefault = (about: Options | PositionalOptions): string => {
  const value = asText(about.default);
  const clause = asText(about.describe);
  return sentence(value === '' ? clause : `${clause}; \`${value}\` if it is not given`);
};

/** The options as items; those that do nothing in one paragraph. */
export const renderOptions = (options: readonly (readonly [string, Options])[]): string[] => {
  const items = options
    .filter(([, { describe }]) => describe !== ignored)
    .map(([name, about]) => {
      const letter = asText(about.alias);
      const names = [...(letter === '' ? [] : [`-${letter}`]), `--${name}`].map(bold).join(', ');
      return item(`${names}${renderValue(name, about)}`, describeWithDefault(about));
    });
  const others = options.filter(([, { describe }]) => describe === ignored);
  if (others.length === 0) return items;
  const names = others.map(([name]) => `\`--${name}\``).join(', ');
  return [...items, paragraph(`Accepted and ignored, because engines pass them: ${names}.`)];
};

const renderWord = (word: string): string => {
  const name = italic(word.replaceAll(/[<>[\]]|\.\.$|\.\.\]$/g, ''));
  const several = word.includes('..') ? `${name} ...` : name;
  return word.startsWith('[') ? `[${several}]` : several;
};

/** The page of one command, with what its --help says. */
export const renderCommandPage = (command: Command): Page => {
  const { name, words, positionals, options, examples } = readGrammar(command);
  const { describe, details, exitCodes = [] } = command;
  const option = `[${italic('option')} ...]`;
  const synopsis = [
    `${bold('runx')} ${option} ${bold(name)}`,
    ...(options.length > 0 ? [option] : []),
    ...words.map(renderWord),
  ].join(' ');
  const usual: readonly (readonly [string, string])[] = [
    ['0', 'it is done'],
    ['1', 'an error'],
  ];
  const codes = exitCodes.length > 0 ? exitCodes : usual;
  return {
    name: `runx-${name}`,
    section: 8,
    summary: describe,
    sections: [
      ['SYNOPSIS', [synopsis]],
      ['DESCRIPTION', [prose(sentence(describe)), ...details.map(paragraph)]],
      ...(positionals.length > 0
        ? [
            [
              'ARGUMENTS',
              positionals.map(([word, about]) => item(italic(word), describeWithDefault(about))),
            ] as const,
          ]
        : []),
      [
        'OPTIONS',
        [...renderOptions(options), paragraph('The options of runx(8) can be given, too.')],
      ],
      ['EXIT STATUS', codes.map(([code, meaning]) => item(bold(code), sentence(meaning)))],
      ...(examples.length > 0
        ? [
            [
              'EXAMPLES',
              examples.map(([line, meaning]) => item(bold(line), sentence(meaning))),
            ] as const,
          ]
        : []),
      ['SEE ALSO', [prose('runx(8), runx.toml(5)')]],
    ],
  };
};
