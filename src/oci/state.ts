/** The status of a container (runtime-spec, runtime.md); "paused" is an addition of runc. */
export type Status = 'creating' | 'created' | 'running' | 'paused' | 'stopped';

/** The State object of the runtime specification, as `runx state` prints it. */
export interface State {
  readonly ociVersion: string;
  readonly id: string;
  readonly status: Status;
  /** Host pid of the container's monitor; 0 if the container is stopped. */
  readonly pid: number;
  readonly bundle: string;
  /** Path of the rootfs; an addition of runc. */
  readonly rootfs: string;
  /** Time of creation (RFC 3339); an addition of runc. */
  readonly created: string;
  readonly owner: string;
  /** The network interfaces of a started container; an addition of runx. */
  readonly network?: readonly {
    readonly name: string;
    readonly mac: string;
    /** Addresses in CIDR notation. */
    readonly addresses: readonly string[];
  }[];
  readonly annotations?: Readonly<Record<string, string>>;
}
