import { familyOf } from './address.ts';
import { ConversionError } from './errors.ts';
import type { Result, Result020, Result040, Result100, Route } from './result.ts';
import type { SpecVersion } from './version.ts';

type IPConfig020 = NonNullable<Result020['ip4']>;

// Leaves out empty members, as libcni does.
const listed = <Key extends string, Item>(
  key: Key,
  items: readonly Item[] | undefined,
): { [K in Key]?: Item[] } | object =>
  items === undefined || items.length === 0 ? {} : { [key]: [...items] };

const is020 = (result: Result): result is Result020 =>
  result.cniVersion === '0.1.0' || result.cniVersion === '0.2.0';

const is100 = (result: Result): result is Result100 =>
  result.cniVersion === '1.0.0' || result.cniVersion === '1.1.0';

const from020 = (from: Result020, cniVersion: Result040['cniVersion']): Result040 => {
  const of = (ip: IPConfig020 | undefined, version: '4' | '6') =>
    ip === undefined
      ? []
      : [
          {
            version,
            address: ip.ip,
            ...(ip.gateway === undefined ? {} : { gateway: ip.gateway }),
          },
        ];
  return {
    cniVersion,
    ...listed('ips', [...of(from.ip4, '4'), ...of(from.ip6, '6')]),
    ...listed('routes', [...(from.ip4?.routes ?? []), ...(from.ip6?.routes ?? [])]),
    ...(from.dns === undefined ? {} : { dns: from.dns }),
  };
};

const to020 = (from: Result040, cniVersion: Result020['cniVersion']): Result020 => {
  const of = (version: '4' | '6'): IPConfig020 | undefined => {
    const ip = from.ips?.find((candidate) => candidate.version === version);
    if (ip === undefined) return undefined;
    const routes = (from.routes ?? [])
      .filter((route) => familyOf(route.dst) === version)
      .map(({ dst, gw }): Route => ({ dst, ...(gw === undefined ? {} : { gw }) }));
    return {
      ip: ip.address,
      ...(ip.gateway === undefined ? {} : { gateway: ip.gateway }),
      ...listed('routes', routes),
    };
  };
  const ip4 = of('4');
  const ip6 = of('6');
  if (ip4 === undefined && ip6 === undefined) {
    throw new ConversionError(
      `cannot convert a result without addresses from version ${from.cniVersion} to ${cniVersion}`,
    );
  }
  return {
    cniVersion,
    ...(ip4 === undefined ? {} : { ip4 }),
    ...(ip6 === undefined ? {} : { ip6 }),
    ...(from.dns === undefined ? {} : { dns: from.dns }),
  };
};

const from040 = (from: Result040, cniVersion: Result100['cniVersion']): Result100 => {
  const { ips, ...rest } = from;
  return {
    ...rest,
    cniVersion,
    ...listed(
      'ips',
      ips?.map(({ version: _version, ...ip }) => ip),
    ),
  };
};

const to040 = (from: Result100, cniVersion: Result040['cniVersion']): Result040 => {
  const { ips, interfaces, ...rest } = from;
  return {
    ...rest,
    cniVersion,
    ...listed(
      'interfaces',
      interfaces?.map(({ mtu: _mtu, socketPath: _socketPath, pciID: _pciID, ...kept }) => kept),
    ),
    ...listed(
      'ips',
      ips?.map((ip) => ({ version: familyOf(ip.address), ...ip })),
    ),
  };
};

const as040 = (result: Result, cniVersion: Result040['cniVersion']): Result040 => {
  if (is020(result)) return from020(result, cniVersion);
  if (is100(result)) return to040(result, cniVersion);
  return { ...result, cniVersion };
};

const as020 = (result: Result, cniVersion: Result020['cniVersion']): Result020 =>
  is020(result) ? { ...result, cniVersion } : to020(as040(result, '0.4.0'), cniVersion);

const as100 = (result: Result, cniVersion: Result100['cniVersion']): Result100 =>
  is100(result) ? { ...result, cniVersion } : from040(as040(result, '0.4.0'), cniVersion);

/** The type of a result of this version. */
export type ResultOf<Version extends SpecVersion> = Version extends '0.1.0' | '0.2.0'
  ? Result020
  : Version extends '1.0.0' | '1.1.0'
    ? Result100
    : Result040;

/**
 * Converts a result to another version, as libcni does.  Versions up to 0.2.0 keep one address of
 * each family; a result without addresses throws a ConversionError.
 */
export function convertResult<Version extends SpecVersion>(
  result: Result,
  cniVersion: Version,
): ResultOf<Version>;
export function convertResult(result: Result, cniVersion: SpecVersion): Result {
  switch (cniVersion) {
    case '0.1.0':
    case '0.2.0':
      return as020(result, cniVersion);
    case '0.3.0':
    case '0.3.1':
    case '0.4.0':
      return as040(result, cniVersion);
    default:
      return as100(result, cniVersion);
  }
}
