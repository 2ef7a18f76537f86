import * as v from 'valibot';

/** The bytes of the longest string that Linux takes for a program (execve(2)), without its NUL. */
const maximumText = 128 * 1024 - 1;
const maximumEntries = 2 ** 16;

const isShort = (value: string): boolean =>
  value.length <= maximumText && Buffer.byteLength(value) <= maximumText;

/** A string of config.json. */
export const anyText = v.pipe(
  v.string(),
  v.check(isShort, `must not have more than ${maximumText} bytes`),
);

/** A string that becomes a C string in the guest. */
export const text = v.pipe(
  anyText,
  v.check((value) => !value.includes('\0'), 'must not contain a NUL byte'),
);

/** A list of config.json; its length is checked before its entries. */
export const array = <T extends v.GenericSchema>(item: T, maximum = maximumEntries) =>
  v.pipe(
    v.array(v.unknown()),
    v.maxLength(maximum, `must not have more than ${maximum} entries`),
    v.array(item),
  );

/** A list of config.json that can be left out. */
export const list = <T extends v.GenericSchema>(item: T, maximum = maximumEntries) =>
  v.nullish(array(item, maximum), []);
