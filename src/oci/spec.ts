import * as v from 'valibot';

import { parseJson } from '../schema.ts';
import { resourcesSchema } from './resources.ts';
import { ioPrioritySchema, personalitySchema, schedulerSchema } from './scheduling.ts';
import { quoteLargeValues, seccompSchema } from './seccomp.ts';
import { array, list, text } from './text.ts';

// execve(2) takes no more than 6 MiB of strings and pointers.
const maximumWords = 2 ** 18;
// Each is looked for on the host, and Linux has 100000 for all namespaces.
const maximumMounts = 4096;

const absolute = v.pipe(text, v.startsWith('/', 'must be an absolute path'));
const variable = v.pipe(
  text,
  v.check((value) => value.indexOf('=') > 0, 'must be NAME=value'),
);
const id = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0xffff_ffff));
const nameOf = (assignment: string): string => assignment.slice(0, assignment.indexOf('='));

/** Of variables with one name only the last one counts, which is what engines rely on. */
const lastOfEach = (env: readonly string[]): readonly string[] => {
  const lasts = new Map(env.map((assignment, index) => [nameOf(assignment), index]));
  return env.filter((assignment, index) => lasts.get(nameOf(assignment)) === index);
};

const variables = v.pipe(
  array(variable, maximumWords),
  v.transform((env) => lastOfEach(env)),
);
const integer = v.pipe(v.number(), v.integer());
const flag = v.nullish(v.boolean(), false);

const capabilitiesSchema = v.object({
  bounding: list(text),
  effective: list(text),
  permitted: list(text),
  inheritable: list(text),
  ambient: list(text),
});

const rlimitSchema = v.object({
  type: text,
  soft: v.pipe(integer, v.minValue(0)),
  hard: v.pipe(integer, v.minValue(0)),
});

const cells = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0xffff));

const processSchema = v.object({
  terminal: flag,
  consoleSize: v.nullish(v.object({ height: cells, width: cells })),
  args: v.pipe(array(text, maximumWords), v.minLength(1, 'must name a program')),
  env: v.nullish(variables, []),
  cwd: absolute,
  user: v.nullish(
    v.object({
      uid: v.nullish(id, 0),
      gid: v.nullish(id, 0),
      umask: v.nullish(v.pipe(integer, v.minValue(0), v.maxValue(0o777))),
      additionalGids: list(id),
    }),
    {},
  ),
  capabilities: v.nullish(capabilitiesSchema),
  rlimits: list(rlimitSchema),
  noNewPrivileges: flag,
  oomScoreAdj: v.nullish(v.pipe(integer, v.minValue(-1000), v.maxValue(1000))),
  ioPriority: v.nullish(ioPrioritySchema),
  scheduler: v.nullish(schedulerSchema),
});

const mountSchema = v.object({
  destination: absolute,
  type: v.nullish(text),
  source: v.nullish(text),
  options: list(text),
});

const deviceSchema = v.object({
  type: v.picklist(['b', 'c', 'u', 'p']),
  path: absolute,
  major: v.nullish(integer, 0),
  minor: v.nullish(integer, 0),
  fileMode: v.nullish(v.pipe(integer, v.minValue(0), v.maxValue(0o7777)), 0o666),
  uid: v.nullish(id, 0),
  gid: v.nullish(id, 0),
});

const idMappingSchema = v.object({
  containerID: id,
  hostID: id,
  size: v.pipe(integer, v.minValue(1), v.maxValue(0xffff_ffff)),
});

const linuxSchema = v.object({
  namespaces: list(v.object({ type: text, path: v.nullish(text) })),
  devices: list(deviceSchema),
  resources: v.nullish(resourcesSchema),
  sysctl: v.nullish(v.record(text, text), {}),
  maskedPaths: list(absolute),
  readonlyPaths: list(absolute),
  rootfsPropagation: v.nullish(text),
  seccomp: v.nullish(seccompSchema),
  cgroupsPath: v.nullish(text),
  personality: v.nullish(personalitySchema),
  uidMappings: list(idMappingSchema),
  gidMappings: list(idMappingSchema),
});

const hookSchema = v.object({
  path: absolute,
  args: list(text),
  /** Without it, a hook that runs in the container has the environment of the process. */
  env: v.nullish(variables),
  /** The timeout in seconds. */
  timeout: v.nullish(v.pipe(integer, v.minValue(1, 'must be greater than zero'))),
});

const hooksSchema = v.object({
  prestart: list(hookSchema),
  createRuntime: list(hookSchema),
  createContainer: list(hookSchema),
  startContainer: list(hookSchema),
  poststart: list(hookSchema),
  poststop: list(hookSchema),
});

const specSchema = v.object({
  ociVersion: v.pipe(
    v.string(),
    v.regex(
      /^1\.\d+\.\d+(-[\w.-]+)?(\+[\w.-]+)?$/,
      'is not a version 1 of the runtime specification',
    ),
  ),
  process: v.nullish(processSchema),
  root: v.object({ path: v.pipe(text, v.minLength(1)), readonly: flag }),
  hostname: v.nullish(text),
  domainname: v.nullish(text),
  mounts: list(mountSchema, maximumMounts),
  hooks: v.nullish(hooksSchema, {}),
  // They reach hooks and `state` alone, not the kernel, so they have no limit of their own.
  annotations: v.nullish(v.record(v.string(), v.string()), {}),
  linux: v.nullish(linuxSchema, {}),
});

/** The part of config.json that runx reads; the rest is ignored. */
export type Spec = v.InferOutput<typeof specSchema>;
export type Process = v.InferOutput<typeof processSchema>;
export type Mount = v.InferOutput<typeof mountSchema>;
export type Hook = v.InferOutput<typeof hookSchema>;
export type Hooks = v.InferOutput<typeof hooksSchema>;
export type Device = v.InferOutput<typeof deviceSchema>;

/** Parses the text of config.json; `file` names it in errors. */
export const parseSpec = (json: string, file: string): Spec =>
  parseJson(specSchema, quoteLargeValues(json), file);

/** Parses a Process object, as engines pass it to exec; `file` names it in errors. */
export const parseProcess = (json: string, file: string): Process =>
  parseJson(processSchema, json, file);
