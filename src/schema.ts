import * as v from 'valibot';

/** One schema violation as `process.args.0: Invalid type: Expected string but received 1`. */
export const describeIssue = (issue: v.BaseIssue<unknown>): string => {
  const path = v.getDotPath(issue);
  return path === null ? issue.message : `${path}: ${issue.message}`;
};
