import type { Command } from './command.ts';

/** Loads one command, by name, in the order of the help: a call of runx needs no other. */
export const commandLoaders: Readonly<Record<string, () => Promise<Command>>> = {
  create: async () => (await import('./create.ts')).createCommand,
  start: async () => (await import('./start.ts')).startCommand,
  state: async () => (await import('./state.ts')).stateCommand,
  kill: async () => (await import('./kill.ts')).killCommand,
  delete: async () => (await import('./delete.ts')).deleteCommand,
  run: async () => (await import('./run.ts')).runCommand,
  exec: async () => (await import('./exec.ts')).execCommand,
  logs: async () => (await import('./logs.ts')).logsCommand,
  console: async () => (await import('./console.ts')).consoleCommand,
  pause: async () => (await import('./pause.ts')).pauseCommand,
  resume: async () => (await import('./resume.ts')).resumeCommand,
  list: async () => (await import('./list.ts')).listCommand,
  ps: async () => (await import('./ps.ts')).psCommand,
  top: async () => (await import('./top.ts')).topCommand,
  events: async () => (await import('./events.ts')).eventsCommand,
  update: async () => (await import('./update.ts')).updateCommand,
  spec: async () => (await import('./spec.ts')).specCommand,
  features: async () => (await import('./features.ts')).featuresCommand,
  gc: async () => (await import('./gc.ts')).gcCommand,
  check: async () => (await import('./check.ts')).checkCommand,
  completion: async () => (await import('./completion.ts')).completionCommand,
};

/** Loads all commands. */
export const loadCommands = (): Promise<readonly Command[]> =>
  Promise.all(Object.values(commandLoaders).map((load) => load()));
