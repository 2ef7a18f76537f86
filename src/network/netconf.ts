import { isIP } from 'node:net';

import { RunxError } from '../errors.ts';

/** One network named in NETCONF. */
export interface NetworkRequest {
  /** Path of the CNI network configuration. */
  readonly file: string;
  /** Name of the network in the file. */
  readonly name: string;
  /** The static address; undefined if the network's ipam or a DHCP server assigns one. */
  readonly address?: StaticAddress | undefined;
}

export interface StaticAddress {
  readonly ip: string;
  /** Prefix length of the subnet; undefined for the one in the network's ipam. */
  readonly prefix?: number | undefined;
}

const parseAddress = (text: string, refuse: (why: string) => never): StaticAddress => {
  const [, ip = '', digits] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const family = isIP(ip);
  // A zone ("fe80::1%eth0") means nothing in the domain.
  if (family === 0 || ip.includes('%')) refuse(`"${text}" is not an IP address`);
  const prefix = digits === undefined ? undefined : Number(digits);
  if (prefix !== undefined && prefix > (family === 4 ? 32 : 128)) {
    refuse(`"${text}" has an invalid prefix length`);
  }
  return { ip, prefix };
};

const parseRequest = (text: string, source: string): NetworkRequest => {
  const refuse = (why: string): never => {
    throw new RunxError(`${source}: ${why}; expected FILE,NAME[,IP]`);
  };
  const [file = '', name = '', address, ...rest] = text.split(',');
  if (!file.startsWith('/')) refuse(`"${file}" is not an absolute path`);
  if (name === '') refuse(`"${text}" has no network name`);
  if (rest.length > 0) refuse(`"${text}" has too many parts`);
  return {
    file,
    name,
    address: address === undefined ? undefined : parseAddress(address, refuse),
  };
};

/**
 * Parses a NETCONF: a list of `FILE,NAME[,IP[/PREFIX]]`, separated by ";" or spaces, in the order
 * of the domain's interfaces.  `source` names the origin of the text in errors.
 */
export const parseNetconf = (text: string, source: string): readonly NetworkRequest[] => {
  const requests = text.split(/[;\s]+/).filter((part) => part !== '');
  if (requests.length === 0) throw new RunxError(`${source} is empty; expected FILE,NAME[,IP]`);
  return requests.map((part) => parseRequest(part, source));
};
