import type { Config } from '../config.ts';
import { RunxError } from '../errors.ts';
import { type NetworkRequest, parseNetconf } from '../network/netconf.ts';
import type { Process } from '../oci/spec.ts';

const variable = 'NETCONF=';

const isNetconf = (one: string): boolean => one.startsWith(variable);

/** Whether the environment of the process has NETCONF. */
export const hasNetconf = (process: Process): boolean => process.env.some(isNetconf);

/** Removes NETCONF from the environment of a process. */
export const withoutNetconf = (process: Process): Process => ({
  ...process,
  env: process.env.filter((one) => !isNetconf(one)),
});

/** What determines the networks of a container. */
interface NetconfSources {
  readonly process: Process;
  /** The annotation io.runx.netconf. */
  readonly annotation: string | undefined;
  /** Path of the network namespace that the engine gives. */
  readonly netns: string | undefined;
}

const checkAllowed = (allowed: Config['netconf_env'], netns: string | undefined): void => {
  if (allowed === false) {
    throw new RunxError('NETCONF in process.env is not allowed: netconf_env in runx.toml is false');
  }
  // An image must not add one of the host's networks to the network that the engine has chosen.
  if (allowed === 'auto' && netns !== undefined) {
    throw new RunxError(
      `NETCONF in process.env is not allowed for a container with the network namespace ${netns}: set netconf_env to true in runx.toml, or use the annotation io.runx.netconf`,
    );
  }
};

/** The networks of the annotation io.runx.netconf, or else of NETCONF in the environment. */
export const requestsOf = (
  { process, annotation, netns }: NetconfSources,
  config: Config,
): readonly NetworkRequest[] => {
  if (annotation !== undefined) return parseNetconf(annotation, 'annotation io.runx.netconf');
  const value = process.env.find(isNetconf);
  if (value === undefined) return [];
  checkAllowed(config.netconf_env, netns);
  return parseNetconf(value.slice(variable.length), 'NETCONF');
};
