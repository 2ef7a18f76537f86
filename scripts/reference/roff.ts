/** A page of man(7). */
export interface Page {
  readonly name: string;
  readonly section: number;
  readonly summary: string;
  readonly sections: readonly (readonly [title: string, blocks: readonly string[]])[];
}

export interface Edition {
  readonly version: string;
  /** YYYY-MM-DD. */
  readonly date: string;
}

const escapes: Readonly<Record<string, string>> = {
  '\\': '\\e',
  '^': '\\(ha',
  '~': '\\(ti',
};

const codeEscapes: Readonly<Record<string, string>> = { ...escapes, '-': '\\-', "'": '\\(aq' };

/** Characters as they are. */
const escape = (text: string): string =>
  text.replaceAll(/[\\^~]/g, (character) => escapes[character] ?? character);

const escapeCode = (text: string): string =>
  text.replaceAll(/[\\^~'-]/g, (character) => codeEscapes[character] ?? character);

// A line that begins with one of these is a request.
const protect = (line: string): string => (/^[.']/.test(line) ? `\\&${line}` : line);

/** What is typed as it stands. */
export const bold = (text: string): string => `\\fB${escapeCode(text)}\\fR`;

/** What is replaced by a value. */
export const italic = (text: string): string => `\\fI${escapeCode(text)}\\fR`;

/** Prose, with `code` between backquotes, and pages of the manual as xl(1). */
export const prose = (text: string): string =>
  protect(
    text
      .split('`')
      .map((part, index) =>
        index % 2 === 1
          ? bold(part)
          : part
              .split(/([\w.-]+\(\d\))/)
              .map((word, odd) =>
                odd % 2 === 1
                  ? `${bold(word.slice(0, word.indexOf('(')))}${word.slice(word.indexOf('('))}`
                  : escape(word),
              )
              .join(''),
      )
      .join(''),
  );

/** A paragraph. */
export const paragraph = (text: string): string => `.PP\n${prose(text)}`;

/** An item of a list: its name, which is roff already, and what it means. */
export const item = (name: string, text: string): string => `.TP\n${protect(name)}\n${prose(text)}`;

/** Lines as they are typed. */
export const literal = (lines: readonly string[]): string =>
  ['.PP', '.nf', '.RS', ...lines.map((line) => protect(escapeCode(line))), '.RE', '.fi'].join('\n');

/** A clause as a sentence of its own. */
export const sentence = (clause: string): string =>
  `${clause.charAt(0).toUpperCase()}${clause.slice(1)}${/\.$|^\(.*\)$/.test(clause) ? '' : '.'}`;

/** The whole page. */
export const renderPage = (page: Page, { version, date }: Edition): string => {
  const { name, section, summary, sections } = page;
  const lines = [
    `.TH "${escapeCode(name.toUpperCase())}" "${section}" "${date}" "runx ${version}" "runX"`,
    // Options and file names are neither broken nor spread.
    '.nh',
    '.ad l',
    '.SH NAME',
    `${escapeCode(name)} \\- ${escape(summary)}`,
  ];
  for (const [title, blocks] of sections) {
    // A paragraph's request right behind a heading would do nothing.
    lines.push(`.SH ${title}`, blocks.join('\n').replace(/^\.PP\n(?!\.)/, ''));
  }
  return `${lines.join('\n')}\n`;
};
