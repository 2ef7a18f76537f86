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

// Runs all tasks in order, then throws the errors of those that failed.
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
 * GC: calls DEL for every cached attachment of the network that is not valid any more, and from
 * 1.1.0 on GC of the plugins.  Goes on after an error; throws all errors as CniErrors.
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
    // An earlier name of the key in the specification (containernetworking/cni issue 1101).
    'cni.dev/attachments': validAttachments,
  };
  const told = isAtLeast(list.cniVersion, '1.1.0') ? list.plugins : [];
  const collections = told.map((plugin) => () => {
    const configuration = networkRequest(list, plugin, additions);
    return invokePlugin(context.invocation, { plugin: plugin.type, command: 'GC', configuration });
  });
  await attemptAll([...deletions, ...collections]);
};

/** STATUS: throws the error of the first plugin that is not ready; does nothing before 1.1.0. */
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
