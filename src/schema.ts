import * as v from 'valibot';

import { RunxError, messageOf } from './errors.ts';

/** Renders a violation, such as `process.args.0: Invalid type: Expected string but received 1`. */
export const describeIssue = (issue: v.BaseIssue<unknown>): string => {
  const path = v.getDotPath(issue);
  return path === null ? issue.message : `${path}: ${issue.message}`;
};

/** Parses a value with a schema; `name` names the value in errors. */
export const parseValue = <T extends v.GenericSchema>(
  schema: T,
  value: unknown,
  name: string,
): v.InferOutput<T> => {
  const result = v.safeParse(schema, value);
  if (result.success) return result.output;
  throw new RunxError(`${name}: ${describeIssue(result.issues[0])}`);
};

/** Parses a JSON text with a schema; `name` names the text in errors. */
export const parseJson = <T extends v.GenericSchema>(
  schema: T,
  text: string,
  name: string,
): v.InferOutput<T> => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new RunxError(`${name} is not JSON: ${messageOf(error)}`);
  }
  return parseValue(schema, value, name);
};
