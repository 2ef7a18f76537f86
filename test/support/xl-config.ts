type Value = string | readonly string[];

// The escapes that every xl reads; \x and octal ones lose the character on Xen 4.17.
const escapes: Readonly<Record<string, string>> = {
  '"': '"',
  "'": "'",
  '\\': '\\',
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

// What xl reads for the inside of a quoted string.
const unquote = (text: string): string =>
  text.replaceAll(/\\(.)/gs, (escape, letter: string) => {
    const character = escapes[letter];
    if (character === undefined) throw new Error(`xl does not read ${escape}`);
    return character;
  });

const quoted = String.raw`"((?:[^"\\\n]|\\.)*)"`;
const setting = new RegExp(String.raw`^(\w+) = (?:${quoted}|(\d+)|\[ ((?:${quoted}(?:, )?)*) \])$`);

/** Reads a value of `disk` as xl does (its lexer): "target" takes the rest of its line. */
export const parseXlDisk = (text: string): ReadonlyMap<string, string> => {
  const attributes = new Map<string, string>();
  for (let rest = text; rest !== '';) {
    const match =
      /^(target)=([^\n]*)\n?/.exec(rest) ??
      /^(format|vdev|access|backendtype|script)=([^,]*),?/.exec(rest);
    if (match === null) throw new Error(`xl does not understand: ${rest}`);
    const [all, name = '', value = ''] = match;
    if (attributes.has(name)) throw new Error(`${name} is given twice`);
    attributes.set(name, value);
    rest = rest.slice(all.length);
  }
  return attributes;
};

/** Reads a value of `p9` as xl does: words at commas, each with its spaces dropped. */
export const parseXlShare = (text: string): ReadonlyMap<string, string> =>
  new Map(
    text.split(',').map((word) => {
      const [name = '', ...value] = word.split('=');
      return [name.trim(), value.join('=').trim()];
    }),
  );

/**
 * Reads a domain configuration as xl does (xlcfg's lexer), as far as runx writes
 * it: one setting a line, a comment line, no line that is anything else.
 */
export const parseXlConfig = (text: string): ReadonlyMap<string, Value> => {
  if (!text.endsWith('\n')) throw new Error('the last line has no end');
  const settings = new Map<string, Value>();
  for (const line of text.slice(0, -1).split('\n')) {
    if (line.startsWith('#')) continue;
    const match = setting.exec(line);
    if (match === null) throw new Error(`xl does not understand: ${line}`);
    const [, name = '', string, number, list] = match;
    if (settings.has(name)) throw new Error(`${name} is set twice`);
    if (list === undefined) settings.set(name, number ?? unquote(string ?? ''));
    else {
      const strings = [...list.matchAll(new RegExp(quoted, 'g'))];
      settings.set(
        name,
        strings.map((found) => unquote(found[1] ?? '')),
      );
    }
  }
  return settings;
};
