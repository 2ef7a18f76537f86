import { readFile } from 'node:fs/promises';

import { messageOf } from '../errors.ts';
import type { Log } from '../log.ts';

/** The types of domains (xl.cfg(5)). */
export const domainTypes = ['pv', 'pvh'] as const;

/** A type of domains (xl.cfg(5)). */
export type DomainType = (typeof domainTypes)[number];

/** The types that a domain can have here, by Xen's interfaces to guests, such as xen-3.0-x86_64. */
export const offeredTypes = (interfaces: readonly string[]): readonly DomainType[] => {
  // There is only one, which xl calls PVH, whatever it is asked for.
  if (interfaces.some((name) => /-(aarch64|armv7l)$/.test(name))) return ['pvh', 'pv'];
  return [
    ...(interfaces.some((name) => name.startsWith('xen-')) ? (['pv'] as const) : []),
    ...(interfaces.some((name) => name.startsWith('hvm-')) ? (['pvh'] as const) : []),
  ];
};

// The same that `xl info` has as xen_caps, for no process.
const interfacesFile = '/sys/hypervisor/properties/capabilities';

/** The type where none is asked for: PV where Xen has it, and says why at debug. */
export const findDomainType = async (log: Log, file = interfacesFile): Promise<DomainType> => {
  let found: string;
  try {
    found = (await readFile(file, 'utf8')).trim();
  } catch (error) {
    const type = process.arch === 'arm64' ? 'pvh' : 'pv';
    log.debug(`domain type ${type}: what Xen has is not known: ${messageOf(error)}`);
    return type;
  }
  const [type = 'pv'] = offeredTypes(found.split(' '));
  log.debug(`domain type ${type}: Xen has ${found}`);
  return type;
};
