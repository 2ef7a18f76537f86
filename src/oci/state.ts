/** Status of a container (runtime-spec, runtime.md), with runc's "paused". */
export type Status = 'creating' | 'created' | 'running' | 'paused' | 'stopped';

/** The State object of the runtime specification, as `runx state` prints it. */
export interface State {
  readonly ociVersion: string;
  readonly id: string;
  readonly status: Status;
  /** Host pid of the container's monitor; 0 once it is stopped. */
  readonly pid: number;
  readonly bundle: string;
  /** As runc adds it. */
  readonly rootfs: string;
  /** RFC 3339 time of creation, as runc adds it. */
  readonly created: string;
  readonly owner: string;
  /** The domain's network interfaces, once it has started; an addition of runx. */
  readonly network?: readonly {
    readonly name: string;
    readonly mac: string;
    /** Each with the length of its prefix. */
    readonly addresses: readonly string[];
  }[];
  readonly annotations?: Readonly<Record<string, string>>;
}
