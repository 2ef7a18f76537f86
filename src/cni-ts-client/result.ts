import * as v from 'valibot';
import { isIP } from 'node:net';

import { familyOf, isCidr } from './address.ts';
import { isAbsent, isObject, parseWith, record } from './document.ts';
import type { JsonObject, Violation } from './document.ts';
import { ConversionError } from './errors.ts';
import { defaultVersion, isSpecVersion } from './version.ts';

const text = v.string('expected a string');
const texts = v.array(text, 'expected a list');
const cidr = v.pipe(text, v.check(isCidr, 'expected an address with its prefix length'));
const address = v.pipe(
  text,
  v.check((value) => isIP(value) !== 0, 'expected an address'),
);
const count = v.pipe(
  v.number('expected a number'),
  v.safeInteger('expected a whole number'),
  v.minValue(0, 'expected a number that is not negative'),
);
// Signed integers in libcni.
const integer = v.pipe(v.number('expected a number'), v.safeInteger('expected a whole number'));

const dnsEntries = {
  nameservers: v.exactOptional(texts),
  domain: v.exactOptional(text),
  search: v.exactOptional(texts),
  options: v.exactOptional(texts),
};
const dns = record(dnsEntries);

const route = record({
  dst: cidr,
  gw: v.exactOptional(address),
  mtu: v.exactOptional(integer),
  advmss: v.exactOptional(integer),
  priority: v.exactOptional(integer),
  table: v.exactOptional(integer),
  scope: v.exactOptional(integer),
});
const routes = v.array(route, 'expected a list');

const interface040 = { name: text, mac: v.exactOptional(text), sandbox: v.exactOptional(text) };
const interface100 = {
  ...interface040,
  mtu: v.exactOptional(integer),
  socketPath: v.exactOptional(text),
  pciID: v.exactOptional(text),
};

const ip020 = record({
  ip: cidr,
  gateway: v.exactOptional(address),
  routes: v.exactOptional(routes),
});
const ip100 = record({
  interface: v.exactOptional(count),
  address: cidr,
  gateway: v.exactOptional(address),
});
const ip040 = v.pipe(
  ip100,
  v.transform((ip) => ({ version: familyOf(ip.address), ...ip })),
);

/** Whether indices refer to existing interfaces; results of IPAM plugins have no interfaces. */
const hasItsInterfaces = (result: {
  readonly interfaces?: readonly unknown[];
  readonly ips?: readonly { readonly interface?: number }[];
}): boolean =>
  result.interfaces === undefined ||
  (result.ips ?? []).every((ip) => (ip.interface ?? 0) < (result.interfaces?.length ?? 0));
const strayInterface = 'ips: interface: is not an index of interfaces';

const schema020 = record({
  cniVersion: v.picklist(['0.1.0', '0.2.0']),
  ip4: v.exactOptional(ip020),
  ip6: v.exactOptional(ip020),
  dns: v.exactOptional(dns),
});
const schema040 = v.pipe(
  record({
    cniVersion: v.picklist(['0.3.0', '0.3.1', '0.4.0']),
    interfaces: v.exactOptional(v.array(record(interface040), 'expected a list')),
    ips: v.exactOptional(v.array(ip040, 'expected a list')),
    routes: v.exactOptional(routes),
    dns: v.exactOptional(dns),
  }),
  v.check((result) => hasItsInterfaces(result), strayInterface),
);
const schema100 = v.pipe(
  record({
    cniVersion: v.picklist(['1.0.0', '1.1.0']),
    interfaces: v.exactOptional(v.array(record(interface100), 'expected a list')),
    ips: v.exactOptional(v.array(ip100, 'expected a list')),
    routes: v.exactOptional(routes),
    dns: v.exactOptional(dns),
  }),
  v.check((result) => hasItsInterfaces(result), strayInterface),
);

/** A result of version 0.1.0 or 0.2.0. */
export type Result020 = v.InferOutput<typeof schema020>;
/** A result of version 0.3.0, 0.3.1 or 0.4.0. */
export type Result040 = v.InferOutput<typeof schema040>;
/** A result of version 1.0.0 or 1.1.0 (specification, section 5). */
export type Result100 = v.InferOutput<typeof schema100>;
/** A result of ADD; `cniVersion` distinguishes the three types. */
export type Result = Result020 | Result040 | Result100;

export type DNS = v.InferOutput<typeof dns>;
export type Route = v.InferOutput<typeof route>;

const schemas = {
  '0.1.0': schema020,
  '0.2.0': schema020,
  '0.3.0': schema040,
  '0.3.1': schema040,
  '0.4.0': schema040,
  '1.0.0': schema100,
  '1.1.0': schema100,
} as const;

const violationSentence = ({ property, what }: Violation): string =>
  property === undefined ? `result: ${what}` : `result: ${property}: ${what}`;

// The encoders of Go write an empty `dns` if there is none.
const withoutEmptyDns = (value: JsonObject): JsonObject => {
  const { dns: servers, ...rest } = value;
  const isEmpty =
    isObject(servers) && Object.keys(dnsEntries).every((key) => isAbsent(servers[key]));
  return isEmpty ? rest : value;
};

/**
 * Parses the JSON value of a result and drops unknown members.  `version` is the default for a
 * missing `cniVersion`.  Throws a ConversionError that names the property.
 */
export const parseResult = (value: unknown, version: string = defaultVersion): Result => {
  const fail = (violation: Violation) => new ConversionError(violationSentence(violation));
  if (!isObject(value)) throw fail({ property: undefined, what: 'expected an object' });
  const stated = value['cniVersion'];
  const cniVersion = stated === undefined || stated === null || stated === '' ? version : stated;
  if (!isSpecVersion(cniVersion)) {
    throw fail({ property: 'cniVersion', what: `unknown version ${JSON.stringify(cniVersion)}` });
  }
  return parseWith(schemas[cniVersion], { ...withoutEmptyDns(value), cniVersion }, fail);
};
