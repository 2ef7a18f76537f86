const levels = ['lint', 'unit', 'cli', 'namespaces', 'integration', 'trixie', 'arm64'] as const;

export type Level = (typeof levels)[number];

export interface Wanted {
  readonly levels: readonly Level[];
  /** With the long matrices. */
  readonly full: boolean;
  /** Writes down how long the files have taken. */
  readonly record: boolean;
}

export const usage = `usage: scripts/test [--full] [--record] [LEVEL...]

Levels: lint, unit, cli, namespaces, integration; all of them when none is named.
--full runs the long matrices too, and levels trixie and arm64: integration with Xen 4.20,
and some of it on arm64.  Level unit fuzzes the C code as well.  Level namespaces runs CNI plugins,
and what the guest does with its network and its disks, in namespaces of this machine.
Integration runs in two Dom0s that are booted for it, in the one that scripts/dom0 has up, or in
your own: RUNX_DOM0=user@host.
--record writes to test/seconds.json how long each file of level integration has taken.`;

const isLevel = (word: string): word is Level => levels.some((level) => level === word);

/** What the words of the command line ask for; undefined is the usage. */
export const parseCommandLine = (
  words: readonly string[],
  ownDom0: boolean,
): Wanted | undefined => {
  const named: Level[] = [];
  let full = false;
  let record = false;
  for (const word of words) {
    if (word === '-h' || word === '--help') return undefined;
    if (word === '--full') full = true;
    else if (word === '--record') record = true;
    else if (isLevel(word)) named.push(word);
    else throw new Error(`unknown argument '${word}'\n${usage}`);
  }
  const all = full && !ownDom0 ? levels : levels.slice(0, levels.indexOf('trixie'));
  return { levels: named.length === 0 ? all : named, full, record };
};
