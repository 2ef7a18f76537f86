// What the annotations of the kubelet's runtimes say of a pod's containers: containerd, then CRI-O and podman.
const typeAnnotations = [
  'io.kubernetes.cri.container-type',
  'io.kubernetes.cri-o.ContainerType',
] as const;

type Annotations = Readonly<Record<string, string>>;

const hasType = (annotations: Annotations, type: string): boolean =>
  typeAnnotations.some((name) => annotations[name] === type);

/** Whether the container only holds the namespaces of a pod. */
export const isSandbox = (annotations: Annotations): boolean => hasType(annotations, 'sandbox');

/** Whether the container is one of a pod. */
export const isInPod = (annotations: Annotations): boolean => hasType(annotations, 'container');
