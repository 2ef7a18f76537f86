import type { Context } from '../context.ts';
import { hasOwnGuest } from '../domain/boot-kind.ts';
import type { DomainName } from '../domain/record.ts';
import { RunxError, ToolError, sentences } from '../errors.ts';
import { endProcess } from '../host/process-identity.ts';
import { endPhase } from '../log.ts';
import { tellMonitor } from '../monitor/control-fifo.ts';
import { readFingerprint } from '../network/fingerprint.ts';
import { type Xl, domainExists, findXl, unpauseDomain } from '../xen/xl.ts';
import { containerDirectory } from './directory.ts';
import { parseContainerId } from './id.ts';
import { withLock } from './lock.ts';
import { setMark } from './marks.ts';
import { type ContainerRecord, findSpec, loadDomainOf, loadRecord, saveRecord } from './record.ts';
import { checkAllowed } from './status.ts';

/** Starts the process of a created container (runtime-spec, runtime.md, "Lifecycle", steps 6 to 9). */
export const startContainer = async (context: Context, idText: string): Promise<void> => {
  const { root } = context;
  const id = parseContainerId(idText);
  // Throws if the container does not exist.
  await loadRecord(root, id);
  const record = await withLock(context, id, async () => {
    const created = await loadRecord(root, id);
    await checkAllowed('start', root, created);
    await setMark(root, id, 'started');
    endPhase(context.log, 'checking the container');
    if (created.domain !== undefined) await startDomain(context, created);
    endPhase(context.log, 'telling the monitor');
    // This mark comes last, so that a start that was interrupted can be repeated.
    await setMark(root, id, 'unpaused');
    return created;
  });
  if (!record.hooks.includes('poststart')) return;
  const { runPoststartHooks } = await import('./hooks.ts');
  const spec = await findSpec(root, id);
  try {
    if (spec !== undefined) await runPoststartHooks(context, spec.hooks, record);
  } catch (error) {
    await endContainer(record);
    throw error;
  }
};

const monitorEndsMs = 10_000;

// After a failed start, docker does not call delete, so the container must not go on.
const endContainer = ({ monitor }: ContainerRecord): Promise<void> =>
  endProcess(monitor, { patienceMs: 0, killedMs: monitorEndsMs });

/** Connects the domain, by connectDomain. */
const connect = async (context: Context, record: ContainerRecord, domain: DomainName) => {
  // Mostly nothing has been added to the networks since create, and nothing of this is needed.
  if ((await readFingerprint(record.monitor.pid)) === (record.netns ?? '')) return undefined;
  const { connectDomain } = await import('./networks.ts');
  const xl = (): Promise<Xl> => findXl(context.config.xl, context.log);
  try {
    return await connectDomain(context, { xl, record, domain });
  } catch (error) {
    // The container may have been killed since its status was checked.
    const gone = error instanceof ToolError && !(await domainExists(await xl(), domain.name));
    throw gone ? new RunxError(sentences.stoppedStart) : error;
  }
};

/** Connects the domain to what has been added to its networks, and lets the process start. */
const startDomain = async (context: Context, record: ContainerRecord): Promise<void> => {
  const { root } = context;
  const domain = await loadDomainOf(root, record);
  const { domid } = domain;
  if (domid === undefined)
    throw new RunxError(
      `container ${record.id} has no domain: delete the container and create it again`,
    );
  try {
    const connected = await connect(context, record, { name: domain.name, domid });
    if (connected !== undefined) await saveRecord(root, { ...record, ...connected });
    const lines = [...(connected === undefined ? [] : ['network' as const]), 'start' as const];
    const told = tellMonitor(containerDirectory(root, record.id), ...lines);
    if (!told) throw new RunxError(sentences.stoppedStart);
    // A guest of the container's own does not know that it has to wait.
    if (hasOwnGuest(domain.boot)) {
      await unpauseDomain(await findXl(context.config.xl, context.log), domain.name);
    }
  } catch (error) {
    await endContainer(record);
    throw error;
  }
};
