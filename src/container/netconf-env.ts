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

/** The networks of the annotation io.runx.netconf, or else of NETCONF in the environment. */
export const requestsOf = (
  process: Process,
  annotation: string | undefined,
  config: Config,
): readonly NetworkRequest[] => {
  if (annotation !== undefined) return parseNetconf(annotation, 'annotation io.runx.netconf');
  const [value, ...others] = process.env.filter(isNetconf);
  if (value === undefined) return [];
  if (!config.netconf_env) {
    throw new RunxError('NETCONF in process.env is not allowed: netconf_env in runx.toml is false');
  }
  if (others.length > 0)
    throw new RunxError(
      'config.json: process.env has NETCONF more than once: separate networks by ";"',
    );
  return parseNetconf(value.slice(variable.length), 'NETCONF');
};
