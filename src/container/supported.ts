import { RunxError, sentences } from '../errors.ts';
import type { Log } from '../log.ts';
import { unknownCapabilities } from '../oci/capabilities.ts';
import type { Process, Spec } from '../oci/spec.ts';
import { hasNetconf } from './netconf-env.ts';
import { isInPod, isSandbox } from './pod.ts';

/**
 * Refuses, by name, what a spec asks for and runx cannot give; what a domain makes
 * meaningless is accepted (README, "Conformance").  Returns the spec's process.
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
    // What the containers of a pod share by them, domains cannot share: README, "Conformance".
    const isShared = type === 'network' || isInPod(spec.annotations);
    if (path && !isShared) refuse(`linux.namespaces with a path (${type})`);
  }
  const hasUser = spec.linux.namespaces.some(({ type }) => type === 'user');
  if (hasUser && (spec.linux.uidMappings.length === 0 || spec.linux.gidMappings.length === 0)) {
    refuse('a user namespace without uidMappings and gidMappings');
  }
  // An annotation is of the whole pod, and obeyed for its containers.
  if (isSandbox(spec.annotations) && hasNetconf(process)) {
    throw new RunxError(
      "config.json: NETCONF in process.env of a pod's sandbox, which has no domain: give it to the containers of the pod",
    );
  }
  return process;
};

/** Refuses what only runx's own ramdisk could do. */
export const checkOwnGuest = ({ hooks }: Spec): void => {
  if (hooks.startContainer.length === 0) return;
  throw new RunxError(
    "config.json: hooks.startContainer is not supported with a ramdisk of the container's own: nothing in its domain would run them",
  );
};

/** What cannot be granted is a warning, as config.md wants it. */
export const warnOfCapabilities = ({ capabilities }: Process, log: Log): void => {
  const unknown = new Set(unknownCapabilities(Object.values(capabilities ?? {}).flat()));
  for (const name of unknown) log.warn(`unknown capability "${name}" is ignored`);
};
