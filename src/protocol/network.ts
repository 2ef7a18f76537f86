/** An interface of the container's network namespace, as the guest is to have it. */
export interface Interface {
  readonly name: string;
  readonly mac: string;
  readonly mtu: number;
  /** What it is (veth, macvlan ...); undefined for a device of the hardware. */
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
  /** With its prefix length. */
  readonly destination: string;
  readonly gateway: string | undefined;
  readonly source: string | undefined;
  /** 0 for the kernel's default. */
  readonly metric: number;
  /** As rtnetlink(7) numbers them. */
  readonly scope: number;
  readonly onLink: boolean;
}

interface Neighbour {
  readonly address: string;
  readonly mac: string;
}

/** What the guest has to know beside what is in the network namespace. */
export interface NetworkSettings {
  /** The interfaces for which it asks a DHCP server. */
  readonly dhcp: readonly string[];
  /** The lines of /etc/resolv.conf. */
  readonly resolv: readonly string[];
}
