import { readFileSync } from 'node:fs';

import { messageOf } from '../errors.ts';
import type { Log } from '../log.ts';

/** The types of domains (xl.cfg(5)). */
export const domainTypes = ['pv', 'pvh'] as const;

/** A type of domains (xl.cfg(5)). */
export type DomainType = (typeof domainTypes)[number];

/** The types that Xen offers, from its guest interfaces (xen_caps), such as xen-3.0-x86_64. */
export const offeredTypes = (interfaces: readonly string[]): readonly DomainType[] => {
  // Arm has one type only, which xl calls PVH; xl accepts "pv" too.
  if (interfaces.some((name) => /-(aarch64|armv7l)$/.test(name))) return ['pvh', 'pv'];
  return [
    ...(interfaces.some((name) => name.startsWith('xen-')) ? (['pv'] as const) : []),
    ...(interfaces.some((name) => name.startsWith('hvm-')) ? (['pvh'] as const) : []),
  ];
};

// The value that `xl info` prints as xen_caps, readable without starting a process.
const interfacesFile = '/sys/hypervisor/properties/capabilities';

/** Chooses the type for domain_type = "auto": PV if Xen offers it.  Logs the reason at debug. */
export const findDomainType = async (log: Log, file = interfacesFile): Promise<DomainType> => {
  let found: string;
  try {
    found = readFileSync(file, 'utf8').trim();
  } catch (error) {
    const type = process.arch === 'arm64' ? 'pvh' : 'pv';
    log.debug(`domain type ${type}: cannot read what Xen offers: ${messageOf(error)}`);
    return type;
  }
  const [type = 'pv'] = offeredTypes(found.split(' '));
  log.debug(`domain type ${type}: Xen offers ${found}`);
  return type;
};
