import { RunxError, sentences } from '../errors.ts';
import type { Log } from '../log.ts';
import { unknownCapabilities } from '../oci/capabilities.ts';
import type { Process, Spec } from '../oci/spec.ts';
import { hasNetconf } from './netconf-env.ts';
import { isInPod, isSandbox } from './pod.ts';

/**
 * Throws RunxError if a spec needs something that runx does not support.  Settings that have no
 * meaning for a domain are accepted (README, "Conformance").  Returns the process of the spec.
 */
export const checkSupported = (spec: Spec): Process => {
  const { process } = spec;
  if (process === undefined || process === null) {
    throw new RunxError(sentences.noProcess);
  }
  const refuse = (what: string): never => {
    throw new RunxError(`config.json: ${what} is not supported`);
  };
  for (const { type, path } of spec.linux.namespaces) {
    // Other namespaces of a pod are ignored, because domains cannot share them.
    const isShared = type === 'network' || isInPod(spec.annotations);
    if (path && !isShared) refuse(`linux.namespaces with a path (${type})`);
  }
  const hasUser = spec.linux.namespaces.some(({ type }) => type === 'user');
  if (hasUser && (spec.linux.uidMappings.length === 0 || spec.linux.gidMappings.length === 0)) {
    refuse('a user namespace without uidMappings and gidMappings');
  }
  // The annotation io.runx.netconf is ignored here, because it is set for all containers of a pod.
  if (isSandbox(spec.annotations) && hasNetconf(process)) {
    throw new RunxError(
      'config.json: NETCONF in process.env has no effect in the sandbox of a pod, which has no domain: set it for a container of the pod',
    );
  }
  return process;
};

/** Throws RunxError if a spec needs the ramdisk of runx, for a domain that does not boot it. */
export const checkOwnGuest = ({ hooks }: Spec): void => {
  if (hooks.startContainer.length === 0) return;
  throw new RunxError(
    "config.json: hooks.startContainer is not supported with the container's own ramdisk, which does not run hooks",
  );
};

const maximumWarnings = 64;

/** Warns of unknown capabilities, as the runtime specification requires (config.md). */
export const warnOfCapabilities = ({ capabilities }: Process, log: Log): void => {
  const unknown = new Set(unknownCapabilities(Object.values(capabilities ?? {}).flat()));
  for (const name of [...unknown].slice(0, maximumWarnings)) {
    log.warn(`ignoring the unknown capability "${name}"`);
  }
  const others = unknown.size - maximumWarnings;
  if (others > 0) log.warn(`ignoring ${others} more unknown capabilities`);
};
