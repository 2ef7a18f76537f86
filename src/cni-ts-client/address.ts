import { BlockList, isIP } from 'node:net';

const mapped = new BlockList();
mapped.addSubnet('::ffff:0.0.0.0', 96, 'ipv6');

const addressOf = (cidr: string): string => cidr.split('/', 1)[0] ?? '';

/** Whether `text` is an IP address with a prefix length, such as `192.0.2.1/24`. */
export const isCidr = (text: string): boolean => {
  const { address, length } = /^(?<address>[^/%]+)\/(?<length>\d{1,3})$/.exec(text)?.groups ?? {};
  const family = isIP(address ?? '');
  return family !== 0 && Number(length) <= (family === 4 ? 32 : 128);
};

/** The family of an address, as in results; IPv4-mapped IPv6 counts as IPv4, as in libcni. */
export const familyOf = (cidr: string): '4' | '6' => {
  const address = addressOf(cidr);
  return isIP(address) === 4 || mapped.check(address, 'ipv6') ? '4' : '6';
};
