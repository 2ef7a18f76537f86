import type { Context } from '../context.ts';
import { RunxError, ToolError, sentences } from '../errors.ts';
import { endProcess } from '../host/process-identity.ts';
import { domainExists, findXl, unpauseDomain } from '../xen/xl.ts';
import { runPoststartHooks } from './hooks.ts';
import { parseContainerId } from './id.ts';
import { withLock } from './lock.ts';
import { setMark } from './marks.ts';
import { connectDomain } from './networks.ts';
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
    if (created.domain !== undefined) await startDomain(context, created);
    // This mark comes last, so that a start that was interrupted can be repeated.
    await setMark(root, id, 'unpaused');
    return created;
  });
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

/** Gives the domain its network interfaces and lets it run. */
const startDomain = async (context: Context, record: ContainerRecord): Promise<void> => {
  const { config, log, root } = context;
  const { name, domid } = await loadDomainOf(root, record);
  if (domid === undefined)
    throw new RunxError(
      `container ${record.id} has no domain: delete the container and create it again`,
    );
  const xl = await findXl(config.xl, log);
  try {
    const interfaces = await connectDomain(context, { xl, record, domain: { name, domid } });
    await saveRecord(root, { ...record, interfaces });
    await unpauseDomain(xl, name);
  } catch (error) {
    // The container may have been killed since its status was checked.
    const gone = error instanceof ToolError && !(await domainExists(xl, name));
    await endContainer(record);
    throw gone ? new RunxError(sentences.stoppedStart) : error;
  }
};
