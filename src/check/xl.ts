import { messageOf } from '../errors.ts';
import type { Log } from '../log.ts';
import { findProgram } from '../process.ts';
import { type XenInfo, parseXenInfo } from '../xen/info.ts';
import { xl } from '../xen/xl.ts';
import type { Point } from './point.ts';

export interface XlFacts {
  /** The setting `xl` of runx.toml. */
  readonly name: string;
  readonly path: string | undefined;
  /** The output of `xl info`; undefined if `xl info` failed. */
  readonly info: string | undefined;
  readonly failure: string | undefined;
  /** Whether xenstored runs in a domain instead of a process of Dom0. */
  readonly hasXenstoreDomain: boolean;
}

// xl waits for ever if xenstored does not answer.
const timeoutMs = 10_000;

/** Finds xl and runs `xl info`. */
export const findXlFacts = async (name: string, log: Log): Promise<XlFacts> => {
  const path = await findProgram(name);
  const nothing = { name, path, info: undefined, failure: undefined, hasXenstoreDomain: false };
  if (path === undefined) return nothing;
  try {
    const tool = { path, log };
    const { stdout } = await xl(tool, ['info'], { timeoutMs });
    const { exitCode } = await xl(tool, ['list', 'Xenstore'], { timeoutMs, okExitCodes: [1] });
    return { ...nothing, info: stdout, hasXenstoreDomain: exitCode === 0 };
  } catch (error) {
    return { ...nothing, failure: messageOf(error) };
  }
};

/** Judges whether xl works, and parses the output of `xl info`. */
export const checkXl = (
  facts: XlFacts,
): { readonly point: Point; readonly xen: XenInfo | undefined } => {
  const { name, path, info, failure } = facts;
  if (path === undefined) {
    return {
      xen: undefined,
      point: {
        name: 'xl',
        status: 'error',
        found: `${name} was not found`,
        remedy: 'install the Xen tools (Debian: xen-utils), or set xl in runx.toml to its path',
      },
    };
  }
  if (info === undefined) {
    return {
      xen: undefined,
      point: {
        name: 'xl',
        status: 'error',
        found: failure ?? `${path} failed`,
        remedy:
          'run "xl info" and "xl list" as root in Dom0, with xenstored running, until both work',
      },
    };
  }
  try {
    return { xen: parseXenInfo(info), point: { name: 'xl', status: 'ok', found: path } };
  } catch (error) {
    return {
      xen: undefined,
      point: {
        name: 'xl',
        status: 'warning',
        found: `${messageOf(error)}: the points about Xen are left out`,
        remedy: 'use the xl that belongs to the running Xen',
      },
    };
  }
};
