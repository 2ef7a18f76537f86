const comment = String.raw`[ \t]*(?:#[^\p{Cc}]*)?`;
const text = String.raw`"[^"\\\p{Cc}]*"`;
const list = String.raw`\[ *(?:${text}(?: *, *${text})*)? *\]`;
// What is written in the same way in JSON.
const value = String.raw`${text}|${list}|0|[1-9]\d{0,14}|true|false`;

const blank = new RegExp(`^${comment}$`, 'u');
const setting = new RegExp(String.raw`^[ \t]*([\w-]+)[ \t]*=[ \t]*(${value})${comment}$`, 'u');

/**
 * Reads a TOML document whose lines are comments and settings with a text, a list of texts, a whole
 * number or a boolean.  Returns undefined for any other document, also for one with an error: the
 * parser of all of TOML takes 3 ms to load.
 */
export const readPlainToml = (document: string): Record<string, unknown> | undefined => {
  const values = new Map<string, unknown>();
  for (const line of document.split(/\r?\n/)) {
    if (blank.test(line)) continue;
    const [, key, json] = setting.exec(line) ?? [];
    if (key === undefined || json === undefined || values.has(key)) return undefined;
    values.set(key, JSON.parse(json));
  }
  return Object.fromEntries(values);
};
