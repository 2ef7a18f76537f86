import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { Plugin } from 'rolldown';

// The commands that engines call.
const commands = [
  'create',
  'start',
  'state',
  'kill',
  'delete',
  'exec',
  'pause',
  'resume',
  'list',
  'ps',
] as const;

// What so many commands use is in the file of main.ts: to find and open one more file costs as much
// as to parse 10 KB.
const many = 4;

const source = fileURLToPath(new URL('../src/', import.meta.url));

const always = ['main.ts', 'cli/parse.ts'].map((file) => join(source, file));

/**
 * Chooses the chunk of each module that a command of an engine needs: a chunk for all that are
 * needed by the same commands.
 */
export const makeChunks = () => {
  const chunks = new Map<string, string>();
  const plugin: Plugin = {
    name: 'chunks',
    buildEnd() {
      const closure = (files: readonly string[]): ReadonlySet<string> => {
        const found = new Set<string>();
        const add = (id: string): void => {
          if (found.has(id)) return;
          found.add(id);
          this.getModuleInfo(id)?.importedIds.forEach(add);
        };
        for (const file of files) add(file);
        return found;
      };
      const users = new Map<string, string[]>();
      for (const name of commands) {
        const file = join(source, 'cli', `${name}.ts`);
        const onDemand = this.getModuleInfo(file)?.dynamicallyImportedIds ?? [];
        for (const id of closure([file, ...onDemand])) {
          users.set(id, [...(users.get(id) ?? []), name]);
        }
      }
      for (const [id, names] of users) {
        chunks.set(id, names.length >= many ? 'main' : names.join('-'));
      }
      for (const id of closure(always)) chunks.set(id, 'main');
    },
  };
  return { plugin, nameOf: (id: string): string | null => chunks.get(id) ?? null };
};
