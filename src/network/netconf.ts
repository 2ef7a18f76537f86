import { isIP } from 'node:net';

import { RunxError } from '../errors.ts';

/** One network that a container asks for by NETCONF. */
export interface NetworkRequest {
  /** The file with the CNI network configuration. */
  readonly file: string;
  /** The name of the network in it. */
  readonly name: string;
  /** The static address; undefined for what the network's ipam or a DHCP server gives. */
  readonly address?: StaticAddress | undefined;
}

export interface StaticAddress {
  readonly ip: string;
  /** Length of the subnet's prefix; undefined for that of the network's ipam. */
  readonly prefix?: number | undefined;
}

const parseAddress = (text: string, refuse: (why: string) => never): StaticAddress => {
  const [, ip = '', digits] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const family = isIP(ip);
  // A zone ("fe80::1%eth0") means nothing in the domain.
  if (family === 0 || ip.includes('%')) refuse(`"${text}" is no IP address`);
  const prefix = digits === undefined ? undefined : Number(digits);
  if (prefix !== undefined && prefix > (family === 4 ? 32 : 128)) {
    refuse(`"${text}" has an impossible prefix length`);
  }
  return { ip, prefix };
};

const parseRequest = (text: string, source: string): NetworkRequest => {
  const refuse = (why: string): never => {
    throw new RunxError(`${source}: ${why}; expected FILE,NAME[,IP]`);
  };
  const [file = '', name = '', address, ...rest] = text.split(',');
  if (!file.startsWith('/')) refuse(`"${file}" is not an absolute path`);
  if (name === '') refuse(`"${text}" names no network`);
  if (rest.length > 0) refuse(`"${text}" has too many parts`);
  return {
    file,
    name,
    address: address === undefined ? undefined : parseAddress(address, refuse),
  };
};

/**
 * Reads `FILE,NAME[,IP[/PREFIX]]`, several of which are separated by ";" or spaces: the
 * domain's interfaces in that order.  `source` names where the text is from, for errors.
 */
export const parseNetconf = (text: string, source: string): readonly NetworkRequest[] => {
  const requests = text.split(/[;\s]+/).filter((part) => part !== '');
  if (requests.length === 0) throw new RunxError(`${source}: is empty; expected FILE,NAME[,IP]`);
  return requests.map((part) => parseRequest(part, source));
};
