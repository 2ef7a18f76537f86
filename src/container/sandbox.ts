import { startHolder } from '../monitor/sandbox-holder.ts';
import type { Launched } from '../monitor/container-monitor.ts';
import { type Subject, beginContainer } from './begin.ts';
import type { Context } from './context.ts';

// What the kubelet's side says of the containers of a pod: containerd, then CRI-O and podman.
const typeAnnotations = [
  'io.kubernetes.cri.container-type',
  'io.kubernetes.cri-o.ContainerType',
] as const;

type Annotations = Readonly<Record<string, string>>;

const hasType = (annotations: Annotations, type: string): boolean =>
  typeAnnotations.some((name) => annotations[name] === type);

/** Whether this is the container that only holds the namespaces of a pod. */
export const isSandbox = (annotations: Annotations): boolean => hasType(annotations, 'sandbox');

/** Whether this is a container in a pod. */
export const isInPod = (annotations: Annotations): boolean => hasType(annotations, 'container');

/**
 * Creates the sandbox of a pod.  Its process would only wait, so it is a process of the
 * host, and costs no domain; nothing of its image is executed.  `network` is the path of
 * its network namespace, one of its own unless given.
 */
export const createSandbox = (
  context: Context,
  subject: Subject,
  network: string | undefined,
): Promise<Launched> => {
  const { config, log } = context;
  const { id, bundle } = subject;
  const hostname = bundle.spec.hostname ?? undefined;
  const start = (stateDirectory: string) =>
    startHolder({ program: config.monitor, stateDirectory, id, network, hostname, log });
  return beginContainer(context, subject, start, async ({ record, runHooks }) => {
    await runHooks(record);
    return record;
  });
};
