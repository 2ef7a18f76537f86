import type { GCAttachment } from './attachment.ts';
import { loadAttachments } from './cache.ts';
import type { NetworkConfigurationList } from './configuration.ts';
import { CniError, CniErrors } from './errors.ts';
import { invokePlugin } from './invoke.ts';
import type { Invocation } from './invoke.ts';
import { delAttachment } from './operations.ts';
import type { OperationContext } from './operations.ts';
import { networkRequest } from './request.ts';
import { isAtLeast } from './version.ts';

// Runs them all, one after the other, and throws what they threw.
const attemptAll = async (tasks: readonly (() => Promise<unknown>)[]): Promise<void> => {
  const errors: CniError[] = [];
  for (const task of tasks) {
    try {
      await task();
    } catch (error) {
      if (!(error instanceof CniError)) throw error;
      errors.push(error);
    }
  }
  if (errors.length > 0) throw new CniErrors(errors);
};

/**
 * GC: DEL for every cached attachment of the network that is not among those that are
 * still valid; from 1.1.0 on the plugins are told, too.  Everything is tried, and the
 * errors come together as CniErrors.
 */
export const collectGarbage = async (
  context: OperationContext,
  list: NetworkConfigurationList,
  validAttachments: readonly GCAttachment[],
): Promise<void> => {
  if (list.disableGC) return;
  const stale = (await loadAttachments(context.cacheDir)).filter(
    ({ network, containerID, ifName }) =>
      network === list.name &&
      !validAttachments.some(
        (valid) => valid.containerID === containerID && valid.ifname === ifName,
      ),
  );
  const deletions = stale.map((attachment) => () => delAttachment(context, list, attachment));
  const additions = {
    'cni.dev/valid-attachments': validAttachments,
    // The name that the specification first had (containernetworking/cni issue 1101).
    'cni.dev/attachments': validAttachments,
  };
  const told = isAtLeast(list.cniVersion, '1.1.0') ? list.plugins : [];
  const collections = told.map((plugin) => () => {
    const configuration = networkRequest(list, plugin, additions);
    return invokePlugin(context.invocation, { plugin: plugin.type, command: 'GC', configuration });
  });
  await attemptAll([...deletions, ...collections]);
};

/** STATUS: nothing before 1.1.0; the first plugin that is not ready makes the error. */
export const checkStatus = async (
  invocation: Invocation,
  list: NetworkConfigurationList,
): Promise<void> => {
  if (!isAtLeast(list.cniVersion, '1.1.0')) return;
  for (const plugin of list.plugins) {
    const configuration = networkRequest(list, plugin);
    await invokePlugin(invocation, { plugin: plugin.type, command: 'STATUS', configuration });
  }
};
