import { RunxError } from '../errors.ts';

const maximumLength = 1024;

/** Checks that an id has only the characters that runc allows; throws RunxError if not. */
export const parseContainerId = (id: string): string => {
  if (id === '') throw new RunxError('container id must not be empty');
  if (id.length > maximumLength) {
    throw new RunxError(`container id is longer than ${maximumLength} characters`);
  }
  if (!/^[\w+.-]+$/.test(id) || id === '.' || id === '..') {
    throw new RunxError(
      `invalid container id ${JSON.stringify(id)}: use letters, digits, "_", "+", "-" and "."`,
    );
  }
  return id;
};
