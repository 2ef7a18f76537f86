import { access, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { isDomainsDirectory } from '../domain/record.ts';
import { namesIn } from '../host/files.ts';

/** The state directory of a container, `<root>/<id>`. */
export const containerDirectory = (root: string, id: string): string => join(root, id);

/** Whether the state directory of a container exists. */
export const containerExists = (root: string, id: string): Promise<boolean> =>
  access(containerDirectory(root, id)).then(
    () => true,
    () => false,
  );

/** The sorted ids of all containers below `root`. */
export const listContainers = async (root: string): Promise<readonly string[]> =>
  (await namesIn(root)).filter((name) => !isDomainsDirectory(name)).toSorted();

/** Removes the state directory of a container. */
export const removeContainer = (root: string, id: string): Promise<void> =>
  rm(containerDirectory(root, id), { recursive: true, force: true });
