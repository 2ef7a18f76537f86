import { access, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { isDomainsDirectory } from '../domain/record.ts';
import { namesIn } from '../host/files.ts';

/** The directory of one container's state, `<root>/<id>`. */
export const containerDirectory = (root: string, id: string): string => join(root, id);

/** Whether a container, whatever its state, has taken the id. */
export const containerExists = (root: string, id: string): Promise<boolean> =>
  access(containerDirectory(root, id)).then(
    () => true,
    () => false,
  );

/** The ids below `root`, in order. */
export const listContainers = async (root: string): Promise<readonly string[]> =>
  (await namesIn(root)).filter((name) => !isDomainsDirectory(name)).toSorted();

/** Removes all that is kept of a container. */
export const removeContainer = (root: string, id: string): Promise<void> =>
  rm(containerDirectory(root, id), { recursive: true, force: true });
