/** A line of progress, as setup.sh prints it. */
export const say = (text: string): void =>
  console.error(`[${new Date().toTimeString().slice(0, 8)}] ${text}`);
