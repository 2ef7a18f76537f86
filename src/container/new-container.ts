import type { Bundle } from '../oci/bundle.ts';
import type { Process } from '../oci/spec.ts';
import type { DomainAnnotations } from './annotations.ts';

/** A container that is to be created. */
export interface NewContainer {
  readonly id: string;
  readonly bundle: Bundle;
  readonly process: Process;
  readonly annotations: DomainAnnotations;
  /** How many networks NETCONF asks for. */
  readonly networkCount: number;
}
