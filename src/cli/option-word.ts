import type { Options } from 'yargs';

export type OptionTable = Readonly<Record<string, Options>>;

/** What a word of the command line that begins with - gives. */
export interface GivenOption {
  /** As the table has it; undefined for one that is not there. */
  readonly name: string | undefined;
  /** A flag's is `true` or `false`. */
  readonly value: string | undefined;
  /** The value is the word behind it: --env A=b, -te A=b, --tty false. */
  readonly takesNext: boolean;
}

/** Reads such a word as yargs does: no value looks like an option. */
export const readOption = (
  word: string,
  next: string | undefined,
  spellings: Spellings,
): GivenOption => {
  const { key, value } = splitWord(word, spellings);
  const option = spellings.get(key);
  const name = option?.name;
  if (value !== undefined) return { name, value, takesNext: false };
  if (option?.isFlag) {
    const takesNext = next === 'true' || next === 'false';
    return { name, value: takesNext ? next : 'true', takesNext };
  }
  const takesNext = option !== undefined && next !== undefined && canBeValue(next);
  return { name, value: takesNext ? next : undefined, takesNext };
};

const negativeNumber = /^-(\d+(\.\d+)?|\.\d+)$/;

export const isOption = (word: string): boolean => /^-./.test(word) && !negativeNumber.test(word);

/** Whether the word can be the value of the option before it. */
export const canBeValue = (word: string): boolean =>
  !/^-[^\d]/.test(word) || negativeNumber.test(word);

interface Spelled {
  readonly name: string;
  readonly isFlag: boolean;
}

/** Options by each way of writing them: --log-format, --logFormat, -f. */
export type Spellings = ReadonlyMap<string, Spelled>;

export const spellingsOf = (options: OptionTable): Spellings => {
  const all: OptionTable = { ...options, help: { type: 'boolean' }, version: { type: 'boolean' } };
  return new Map(
    Object.entries(all).flatMap(([name, { type, alias }]) => {
      const camel = name.replaceAll(/-(.)/g, (_dash, letter: string) => letter.toUpperCase());
      const spelled: Spelled = { name, isFlag: type === 'boolean' };
      const letters = typeof alias === 'string' ? [`-${alias}`] : [];
      return [`--${name}`, `--${camel}`, ...letters].map((key) => [key, spelled] as const);
    }),
  );
};

/** Splits a word into the option that can have a value and the value, if the word has it: --env=A, -te5. */
const splitWord = (
  word: string,
  spellings: Spellings,
): { readonly key: string; readonly value: string | undefined } => {
  if (word.startsWith('--')) {
    const [, key, value] = /^(--[^=]+)=(.*)$/s.exec(word) ?? [];
    return { key: key ?? word, value };
  }
  const letters = word.slice(1).split('');
  const first = letters.findIndex((letter) => spellings.get(`-${letter}`)?.isFlag !== true);
  const at = first === -1 ? letters.length - 1 : first;
  const rest = letters.slice(at + 1).join('');
  return { key: `-${letters[at]}`, value: rest === '' ? undefined : rest };
};
