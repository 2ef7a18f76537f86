import { messageOf } from '../errors.ts';
import type { Log } from '../log.ts';
import { findProgram } from '../process.ts';
import { type XenInfo, parseXenInfo } from '../xen/info.ts';
import { xl } from '../xen/xl.ts';
import type { Point } from './point.ts';

export interface XlFacts {
  /** As runx.toml names it. */
  readonly name: string;
  readonly path: string | undefined;
  /** What `xl info` printed; undefined when it failed. */
  readonly info: string | undefined;
  readonly failure: string | undefined;
  /** Whether a domain keeps xenstore, as it can in place of a process. */
  readonly hasXenstoreDomain: boolean;
}

// xl waits for a xenstored that does not answer.
const timeoutMs = 10_000;

/** Finds xl and asks it about Xen. */
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

/** Whether xl can be used, and what it tells of Xen. */
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
        remedy: 'install the tools of Xen (Debian: xen-utils), or say in runx.toml where xl is',
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
          'see to it that "xl info" and "xl list" work, as root in Dom0 with xenstored running',
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
        found: `${messageOf(error)}: nothing can be said of Xen itself`,
        remedy: 'use the xl that belongs to the running Xen',
      },
    };
  }
};
