import type { Socket } from 'node:net';

import type { Context } from '../context.ts';
import { RunxError, sentences } from '../errors.ts';
import { connectConsole } from '../monitor/console-client.ts';
import { containerDirectory } from './directory.ts';
import { parseContainerId } from './id.ts';
import { openOutput } from './logs.ts';
import { findSpec, loadRecord, placementOf } from './record.ts';
import { checkAllowed } from './status.ts';

/** A connection to the console of a container with kept output. */
export interface Console {
  readonly socket: Socket;
  /** Whether the container has a terminal. */
  readonly terminal: boolean;
}

/** Connects to the console of a container (src/protocol/frames.ts). */
export const openConsole = async (context: Context, idText: string): Promise<Console> => {
  const { root } = context;
  const id = parseContainerId(idText);
  const record = await loadRecord(root, id);
  placementOf(record);
  await (await openOutput(context, id)).close();
  await checkAllowed('console', root, record);
  const spec = await findSpec(root, id);
  const socket = await connectConsole(containerDirectory(root, id));
  if (socket === undefined) throw new RunxError(sentences.notRunning);
  return { socket, terminal: spec?.process?.terminal ?? false };
};
