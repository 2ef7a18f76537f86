// The annotations for the kind of a container in a pod: of containerd, and of CRI-O and podman.
const typeAnnotations = [
  'io.kubernetes.cri.container-type',
  'io.kubernetes.cri-o.ContainerType',
] as const;

type Annotations = Readonly<Record<string, string>>;

const hasType = (annotations: Annotations, type: string): boolean =>
  typeAnnotations.some((name) => annotations[name] === type);

/** Whether the container is the sandbox of a pod, which only holds the pod's namespaces. */
export const isSandbox = (annotations: Annotations): boolean => hasType(annotations, 'sandbox');

/** Whether the container belongs to a pod. */
export const isInPod = (annotations: Annotations): boolean => hasType(annotations, 'container');
