import type { Bundle } from '../oci/bundle.ts';
import type { Process } from '../oci/spec.ts';
import type { DomainAnnotations } from './annotations.ts';

/** A container to create. */
export interface NewContainer {
  readonly id: string;
  readonly bundle: Bundle;
  readonly process: Process;
  readonly annotations: DomainAnnotations;
  /** The number of networks in NETCONF. */
  readonly networkCount: number;
}
