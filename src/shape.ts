import { RunxError, messageOf } from './errors.ts';

/**
 * The shape of a value in a file of runx's own, or in runx.toml.  Each call reads such a file, and
 * valibot, which reads what others write, takes longer to load than all of the call.
 */
export interface Shape<T> {
  /** Returns the value with defaults filled in; throws Mismatch. */
  readonly read: (value: unknown) => T;
  /** The texts that it, or each of its members, can be. */
  readonly choices?: readonly string[];
  readonly isList?: boolean;
}

/** The shape of a key that can be missing. */
export interface Optional<T> extends Shape<T | undefined> {
  readonly isOptional: true;
}

/** The type of the values of a shape. */
export type TypeOf<S> = S extends Shape<infer T> ? T : never;

export type Entries = Readonly<Record<string, Shape<unknown>>>;

type OptionalKeys<E extends Entries> = {
  [K in keyof E]: E[K] extends Optional<unknown> ? K : never;
}[keyof E];

/** The type of an object with these entries. */
export type ObjectOf<E extends Entries> = {
  [K in Exclude<keyof E, OptionalKeys<E>>]: TypeOf<E[K]>;
} & { [K in OptionalKeys<E>]?: TypeOf<E[K]> };

/** A value that does not have the shape; `path` leads to the part that does not. */
class Mismatch extends Error {
  readonly path: readonly string[];

  constructor(message: string, path: readonly string[] = []) {
    super(message);
    this.path = path;
  }
}

const describe = (value: unknown): string => {
  if (Array.isArray(value)) return 'Array';
  return typeof value === 'object' && value !== null ? 'Object' : (JSON.stringify(value) ?? '');
};

const refuseType = (expected: string, value: unknown): never => {
  const received = value === undefined ? 'undefined' : describe(value);
  throw new Mismatch(`Invalid type: Expected ${expected} but received ${received}`);
};

/** Reads a part of a value; a mismatch in it has its key before its path. */
const readPart = <T>(shape: Shape<T>, value: unknown, key: string): T => {
  try {
    return shape.read(value);
  } catch (error) {
    throw error instanceof Mismatch ? new Mismatch(error.message, [key, ...error.path]) : error;
  }
};

export const string: Shape<string> = {
  read: (value) => (typeof value === 'string' ? value : refuseType('string', value)),
};

export const number: Shape<number> = {
  read: (value) => (typeof value === 'number' ? value : refuseType('number', value)),
};

export const boolean: Shape<boolean> = {
  read: (value) => (typeof value === 'boolean' ? value : refuseType('boolean', value)),
};

/** A whole number that is at least 1. */
export const positive: Shape<number> = {
  read: (value) => {
    const count = number.read(value);
    if (!Number.isInteger(count)) throw new Mismatch(`Invalid integer: Received ${count}`);
    if (count < 1) throw new Mismatch(`Invalid value: Expected >=1 but received ${count}`);
    return count;
  },
};

/** A text that matches; `otherwise` says what it must be. */
export const matching = (pattern: RegExp, otherwise: string): Shape<string> => ({
  read: (value) => {
    const text = string.read(value);
    if (!pattern.test(text)) throw new Mismatch(otherwise);
    return text;
  },
});

export const literal = <const T extends string | number>(only: T): Shape<T> => ({
  read: (value) => (value === only ? only : refuseType(JSON.stringify(only), value)),
});

/** One of some texts. */
export const oneOf = <const T extends string>(choices: readonly T[]): Shape<T> => ({
  choices,
  read: (value) =>
    choices.find((choice) => choice === value) ??
    refuseType(`(${choices.map((choice) => JSON.stringify(choice)).join(' | ')})`, value),
});

/** What one of two shapes reads; the second one says what is wrong. */
export const either = <A, B>(first: Shape<A>, second: Shape<B>): Shape<A | B> => ({
  read: (value) => {
    try {
      return first.read(value);
    } catch {
      return second.read(value);
    }
  },
});

export const list = <T>(member: Shape<T>): Shape<readonly T[]> => ({
  isList: true,
  ...(member.choices === undefined ? {} : { choices: member.choices }),
  read: (value) =>
    Array.isArray(value)
      ? value.map((one: unknown, index) => readPart(member, one, String(index)))
      : refuseType('Array', value),
});

/** A list of two. */
export const pair = <A, B>(first: Shape<A>, second: Shape<B>): Shape<readonly [A, B]> => ({
  read: (value) => {
    if (!Array.isArray(value) || value.length !== 2) return refuseType('two values', value);
    return [readPart(first, value[0], '0'), readPart(second, value[1], '1')];
  },
});

const entriesOf = (value: unknown): readonly [string, unknown][] =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.entries(value)
    : refuseType('Object', value);

/** An object with any keys, whose values have one shape. */
export const dictionary = <T>(member: Shape<T>): Shape<Record<string, T>> => ({
  read: (value) =>
    Object.fromEntries(entriesOf(value).map(([key, one]) => [key, readPart(member, one, key)])),
});

/** A key that can be missing. */
export const optional = <T>(shape: Shape<T>): Optional<T> => ({
  ...shape,
  isOptional: true,
  read: (value) => (value === undefined ? undefined : shape.read(value)),
});

/** A key that has a value also where it is missing. */
export const withDefault = <T>(shape: Shape<T>, value: NoInfer<T>): Shape<T> => ({
  ...shape,
  read: (given) => (given === undefined ? value : shape.read(given)),
});

/** An object with these keys; other keys are left out, or refused by `onlyKnown`. */
export const object = <const E extends Entries>(
  entries: E,
  { onlyKnown = false } = {},
): Shape<ObjectOf<E>> => ({
  read: (value) => {
    const given = new Map(entriesOf(value));
    if (onlyKnown) {
      for (const key of given.keys()) if (!Object.hasOwn(entries, key)) throw unknownKey(key);
    }
    const read = Object.entries(entries)
      .map(([key, shape]) => [key, readPart(shape, given.get(key), key)] as const)
      .filter(([, one]) => one !== undefined);
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- each entry was read by its shape
    return Object.fromEntries(read) as ObjectOf<E>;
  },
});

const unknownKey = (key: string): Mismatch =>
  new Mismatch(`Invalid key: Expected never but received ${JSON.stringify(key)}`, [key]);

/** Reads a value; `name` names the value in errors. */
export const readValue = <T>(shape: Shape<T>, value: unknown, name: string): T => {
  try {
    return shape.read(value);
  } catch (error) {
    if (!(error instanceof Mismatch)) throw error;
    throw new RunxError([name, error.path.join('.'), error.message].filter(Boolean).join(': '));
  }
};

/** Reads a JSON text; `name` names the text in errors. */
export const readJson = <T>(shape: Shape<T>, text: string, name: string): T => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new RunxError(`${name} is not JSON: ${messageOf(error)}`);
  }
  return readValue(shape, value, name);
};
