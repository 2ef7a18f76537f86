import type { Command } from './command.ts';
import { createCommand } from './create.ts';
import { startCommand } from './start.ts';
import { stateCommand } from './state.ts';
import { killCommand } from './kill.ts';
import { deleteCommand } from './delete.ts';
import { runCommand } from './run.ts';
import { execCommand } from './exec.ts';
import { logsCommand } from './logs.ts';
import { consoleCommand } from './console.ts';
import { pauseCommand } from './pause.ts';
import { resumeCommand } from './resume.ts';
import { listCommand } from './list.ts';
import { psCommand } from './ps.ts';
import { topCommand } from './top.ts';
import { eventsCommand } from './events.ts';
import { updateCommand } from './update.ts';
import { specCommand } from './spec.ts';
import { featuresCommand } from './features.ts';
import { gcCommand } from './gc.ts';
import { checkCommand } from './check.ts';
import { completionCommand } from './completion.ts';

/** All commands, in the order of the help. */
export const commands: readonly Command[] = [
  createCommand,
  startCommand,
  stateCommand,
  killCommand,
  deleteCommand,
  runCommand,
  execCommand,
  logsCommand,
  consoleCommand,
  pauseCommand,
  resumeCommand,
  listCommand,
  psCommand,
  topCommand,
  eventsCommand,
  updateCommand,
  specCommand,
  featuresCommand,
  gcCommand,
  checkCommand,
  completionCommand,
];
