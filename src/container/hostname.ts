import type { Log } from '../log.ts';
import type { Spec } from '../oci/spec.ts';
import { run } from '../process.ts';

const timeoutMs = 30_000;

/**
 * The spec with the host name that its process is to have: where config.json has none, that
 * of the UTS namespace which it names, as the containers of a pod have the pod's.
 */
export const withHostname = async (spec: Spec, monitor: string, log: Log): Promise<Spec> => {
  const path = spec.linux.namespaces.find(({ type }) => type === 'uts')?.path;
  if (spec.hostname || !path) return spec;
  const { stdout } = await run(monitor, ['hostname', path], { log, timeoutMs });
  return { ...spec, hostname: stdout.trimEnd() };
};
