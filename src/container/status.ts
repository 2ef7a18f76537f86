import { RunxError, sentences } from '../errors.ts';
import { isAlive } from '../host/process-identity.ts';
import type { Status } from '../oci/state.ts';
import { hasMark } from './marks.ts';
import type { ContainerRecord } from './record.ts';

/** The phase of a container: its status, or `starting` while `start` runs. */
export type Phase = Status | 'starting';

/** The phase of a container, from its marks and its monitor, which lives as long as it does. */
export const phaseOf = async (root: string, record: ContainerRecord): Promise<Phase> => {
  const { id, creating, monitor } = record;
  if (!(await isAlive(monitor))) return 'stopped';
  if (creating) return 'creating';
  if (!(await hasMark(root, id, 'started'))) return 'created';
  if (await hasMark(root, id, 'paused')) return 'paused';
  return (await hasMark(root, id, 'unpaused')) ? 'running' : 'starting';
};

/** The status of a phase in the words of the specification: `starting` counts as running. */
const statusOfPhase = (phase: Phase): Status => (phase === 'starting' ? 'running' : phase);

/** The container's status (runtime-spec, runtime.md, "State"). */
export const statusOf = async (root: string, record: ContainerRecord): Promise<Status> =>
  statusOfPhase(await phaseOf(root, record));

type Refusal = (id: string, status: Status) => string;

const notRunning: Refusal = () => sentences.notRunning;
const notStopped: Refusal = (id, status) => sentences.notStopped(id, status);
const cannotExec: Refusal = (_id, status) => sentences.cannotExec(status);
const notPaused: Refusal = () => sentences.notPaused;
const hasNoFigures: Refusal = (id) => `container with id ${id} is not running`;

/** The reasons for which an operation is refused, by phase; a missing entry means allowed. */
const refusals = {
  start: {
    creating: (id) => `container ${id} is still being created: wait for runx create`,
    running: () => sentences.alreadyRunning,
    paused: () => sentences.pausedStart,
    stopped: () => sentences.stoppedStart,
  },
  kill: { creating: notRunning, stopped: notRunning },
  delete: { creating: notStopped, starting: notStopped, running: notStopped, paused: notStopped },
  exec: { creating: cannotExec, paused: cannotExec, stopped: cannotExec },
  pause: { creating: notRunning, created: notRunning, paused: notRunning, stopped: notRunning },
  resume: {
    creating: notPaused,
    created: notPaused,
    starting: notPaused,
    running: notPaused,
    stopped: notPaused,
  },
  update: { creating: notRunning, stopped: notRunning },
  events: { creating: hasNoFigures, stopped: hasNoFigures },
  top: { creating: notRunning, stopped: notRunning },
  ps: { stopped: notRunning },
  console: { stopped: notRunning },
} as const satisfies Readonly<Record<string, Readonly<Partial<Record<Phase, Refusal>>>>>;

/** An operation that some phases do not allow. */
export type Operation = keyof typeof refusals;

/** Why an operation is refused, in runc's words where engines match them; undefined if allowed. */
export const refusalOf = (operation: Operation, id: string, phase: Phase): string | undefined => {
  const table: Readonly<Partial<Record<Phase, Refusal>>> = refusals[operation];
  return table[phase]?.(id, statusOfPhase(phase));
};

/** Returns the phase of the container; throws RunxError if it does not allow the operation. */
export const checkAllowed = async (
  operation: Operation,
  root: string,
  record: ContainerRecord,
): Promise<Phase> => {
  const phase = await phaseOf(root, record);
  const refusal = refusalOf(operation, record.id, phase);
  if (refusal !== undefined) throw new RunxError(refusal);
  return phase;
};
