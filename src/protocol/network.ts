/** An interface of the container's network namespace, which the guest gets with these values. */
export interface Interface {
  readonly name: string;
  readonly mac: string;
  readonly mtu: number;
  /** The link type of ip-link(8), such as veth or macvlan; undefined for a physical device. */
  readonly kind: string | undefined;
  readonly addresses: readonly Address[];
  readonly routes: readonly Route[];
  readonly neighbours: readonly Neighbour[];
}

export interface Address {
  readonly local: string;
  readonly prefix: number;
  /** The other end of a point-to-point link. */
  readonly peer: string | undefined;
}

export interface Route {
  /** A network in CIDR notation. */
  readonly destination: string;
  readonly gateway: string | undefined;
  readonly source: string | undefined;
  /** 0 is the kernel's default. */
  readonly metric: number;
  /** The number of the scope (rtnetlink(7)). */
  readonly scope: number;
  readonly onLink: boolean;
}

interface Neighbour {
  readonly address: string;
  readonly mac: string;
}

/** Settings for the guest that the network namespace does not hold. */
export interface NetworkSettings {
  /** The names of the interfaces for which the guest asks a DHCP server. */
  readonly dhcp: readonly string[];
  /** The lines of /etc/resolv.conf. */
  readonly resolv: readonly string[];
}
