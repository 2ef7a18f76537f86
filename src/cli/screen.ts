import { print } from './print.ts';

/** The alternate screen of the terminal; closing it restores the normal screen. */
export interface Screen {
  readonly draw: (text: string) => Promise<void>;
  readonly close: () => Promise<void>;
}

const keys = { q: 'q', interrupt: '\x03', endOfInput: '\x04' };
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Opens the alternate screen; calls `quit` at q, ^C, ^D and at INT, TERM and HUP. */
export const openScreen = async (quit: () => void): Promise<Screen> => {
  const { stdin, stdout } = process;
  const takeKeys = (pressed: Buffer): void => {
    if (Object.values(keys).some((key) => pressed.toString().toLowerCase().includes(key))) quit();
  };
  if (stdin.isTTY) {
    stdin.setRawMode(true);
    stdin.on('data', takeKeys);
  }
  for (const signal of signals) process.on(signal, quit);
  // Switches to the alternate screen and hides the cursor.
  await print('\x1b[?1049h\x1b[?25l');
  return {
    draw: (text) => {
      const lines = text.split('\n').slice(0, stdout.rows);
      const cut = lines.map((line) => `${line.slice(0, stdout.columns)}\x1b[K`);
      return print(`\x1b[H${cut.join('\n')}\x1b[J`);
    },
    close: async () => {
      for (const signal of signals) process.off(signal, quit);
      if (stdin.isTTY) {
        stdin.off('data', takeKeys);
        stdin.setRawMode(false);
        stdin.pause();
      }
      await print('\x1b[?25h\x1b[?1049l');
    },
  };
};
