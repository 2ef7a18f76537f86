import type { Config } from '../config.ts';
import { RunxError } from '../errors.ts';
import { type NetworkRequest, parseNetconf } from '../network/netconf.ts';
import type { Process } from '../oci/spec.ts';

const variable = 'NETCONF=';

const isNetconf = (one: string): boolean => one.startsWith(variable);

/** Whether the process's environment asks for networks. */
export const hasNetconf = (process: Process): boolean => process.env.some(isNetconf);

/** The process with the environment that it gets, which NETCONF does not belong to. */
export const withoutNetconf = (process: Process): Process => ({
  ...process,
  env: process.env.filter((one) => !isNetconf(one)),
});

/** The networks that an annotation asks for, or else NETCONF in the process's environment. */
export const requestsOf = (
  process: Process,
  annotation: string | undefined,
  config: Config,
): readonly NetworkRequest[] => {
  if (annotation !== undefined) return parseNetconf(annotation, 'annotation io.runx.netconf');
  const [value, ...others] = process.env.filter(isNetconf);
  if (value === undefined) return [];
  if (!config.netconf_env) {
    throw new RunxError(
      'NETCONF in process.env is not allowed: "netconf_env" in runx.toml is false',
    );
  }
  if (others.length > 0) throw new RunxError('config.json: process.env has NETCONF several times');
  return parseNetconf(value.slice(variable.length), 'NETCONF');
};
