const blank = /^\s*(?:#.*)?$/;
const setting =
  /^\s*([\w-]+)\s*=\s*(?:"([^"\\\p{Cc}]*)"|'([^'\p{Cc}]*)'|(0|[1-9]\d{0,14})|(true|false))\s*(?:#.*)?$/u;

/**
 * Reads a TOML document whose lines are comments and settings with a text, a whole number or a
 * boolean.  Returns undefined for any other document, also for one with an error: the parser of all
 * of TOML takes 3 ms to load.
 */
export const readPlainToml = (text: string): Record<string, unknown> | undefined => {
  const values = new Map<string, unknown>();
  for (const line of text.split('\n')) {
    if (blank.test(line)) continue;
    const [, key, basic, literal, number, truth] = setting.exec(line) ?? [];
    if (key === undefined || values.has(key)) return undefined;
    const quoted = basic ?? literal;
    if (quoted !== undefined) values.set(key, quoted);
    else values.set(key, number === undefined ? truth === 'true' : Number(number));
  }
  return Object.fromEntries(values);
};
