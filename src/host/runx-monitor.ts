import { isIP } from 'node:net';

import * as v from 'valibot';

import type { Log } from '../log.ts';
import { run } from '../process.ts';

const noDomain = 3;

/**
 * Has the guest's kernel deliver a signal to the container's first process, or to all, or
 * power off if the guest is the container's own; false if the domain is gone.
 */
export const signalGuest = async (
  program: string,
  domid: number,
  signal: number,
  { all, ownGuest }: { readonly all: boolean; readonly ownGuest: boolean },
  log: Log,
): Promise<boolean> => {
  const args = [
    'signal',
    ...(all ? ['--all'] : []),
    ...(ownGuest ? ['--own-guest'] : []),
    String(domid),
    '1', // the container's slot
    String(signal),
  ];
  const { exitCode } = await run(program, args, {
    log,
    timeoutMs: 10_000,
    okExitCodes: [noDomain],
  });
  return exitCode !== noDomain;
};

/** Leaves for the guest what its network is, before it runs. */
export const tellNetwork = async (
  program: string,
  domid: number,
  text: string,
  log: Log,
): Promise<void> => {
  await run(program, ['network', String(domid)], { log, timeoutMs: 10_000, input: text });
};

const cidr = v.pipe(v.string(), v.regex(/^[\d.]{7,15}\/\d{1,2}$/));

/** The address that the guest says to have on an interface by DHCP, if it does. */
export const leasedAddress = async (
  program: string,
  domid: number,
  name: string,
  log: Log,
): Promise<string | undefined> => {
  const args = ['address', String(domid), name];
  const { stdout } = await run(program, args, { log, timeoutMs: 10_000 });
  const address = stdout.trim();
  // It may say anything.
  return v.is(cidr, address) && isIP(address.replace(/\/.*/, '')) === 4 ? address : undefined;
};
