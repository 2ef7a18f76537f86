import { type Process, type Spec, parseSpec } from '../../src/oci/spec.ts';

/** The least config.json that runs, as an engine would write it. */
export const minimalSpec = {
  ociVersion: '1.0.2',
  process: { args: ['/bin/program'], cwd: '/' },
  root: { path: 'rootfs' },
  linux: { namespaces: [{ type: 'network' }] },
};

/** The minimal spec with other properties; a namespace for the network stays in it. */
export const specText = (changes: { readonly linux?: object }): string =>
  JSON.stringify({ ...minimalSpec, ...changes, linux: { ...minimalSpec.linux, ...changes.linux } });

/** The minimal spec with other properties, parsed. */
export const specWith = (changes: object): Spec =>
  parseSpec(JSON.stringify({ ...minimalSpec, ...changes }), 'config.json');

/** The minimal spec's process with other properties, parsed. */
export const processWith = (changes: object): Process => {
  const { process } = specWith({ process: { ...minimalSpec.process, ...changes } });
  if (!process) throw new Error('the spec has no process');
  return process;
};
