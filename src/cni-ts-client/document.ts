import * as v from 'valibot';

/** A JSON object of unknown content. */
export type JsonObject = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The first violation of a schema: the property, and what is wrong with it. */
export interface Violation {
  readonly property: string | undefined;
  readonly what: string;
}

const violationOf = (issue: v.BaseIssue<unknown>): Violation => ({
  property: v.getDotPath(issue) ?? undefined,
  what: issue.message,
});

/** Parses a value with a schema; `fail` makes the error from the first violation. */
export const parseWith = <Schema extends v.GenericSchema>(
  schema: Schema,
  value: unknown,
  fail: (violation: Violation) => Error,
): v.InferOutput<Schema> => {
  const { success, output, issues } = v.safeParse(schema, value, { abortEarly: true });
  if (success) return output;
  throw fail(violationOf(issues[0]));
};

/** The message for a value that is not an object, or for a missing member. */
export const objectMessage = (issue: { readonly expected: string | null }): string =>
  issue.expected === 'Object' ? 'expected an object' : 'is missing';

/** Whether a value is what the encoders of Go write for an absent value. */
export const isAbsent = (value: unknown): boolean =>
  value === null ||
  value === undefined ||
  value === '' ||
  (Array.isArray(value) && value.length === 0);

const withoutAbsent = (value: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(value).filter(([, member]) => !isAbsent(member)));

/** The schema of an object; unlike valibot's own, it does not accept a list. */
export const object = v.custom<JsonObject>(isObject, 'expected an object');

/** The schema of an object whose absent members may be null or empty; drops unknown members. */
export const record = <const Entries extends v.ObjectEntries>(entries: Entries) =>
  v.pipe(object, v.transform(withoutAbsent), v.object(entries, objectMessage));
