import { type Point, type Status, verdictOf } from './point.ts';

// SGR parameters: green, yellow, red.
const colours = { ok: 32, warning: 33, error: 31 } as const satisfies Record<Status, number>;

const statusWidth = 'warning'.length;

const count = (points: readonly Point[], status: Status): string => {
  const number = points.filter((point) => point.status === status).length;
  return `${number} ${status}${number === 1 ? '' : 's'}`;
};

const verdicts = {
  ok: () => 'this host can run containers',
  warning: (points) => `this host can run containers; ${count(points, 'warning')}`,
  error: (points) =>
    `this host cannot run containers: ${count(points, 'error')}, ${count(points, 'warning')}`,
} as const satisfies Record<Status, (points: readonly Point[]) => string>;

// The output of a program can have several lines and control characters.
const printable = (text: string): string => text.replaceAll(/\s*\p{Cc}+\s*/gu, ' ');

/** Renders the points, one a line, and the verdict. */
export const renderReport = (points: readonly Point[], colourful: boolean): string => {
  const paint = (status: Status, text: string): string =>
    colourful ? `\u001B[${colours[status]}m${text}\u001B[0m` : text;
  const lines = points.map((point) => {
    const remedy = point.status === 'ok' ? '' : `; ${point.remedy}`;
    const label = paint(point.status, point.status.padEnd(statusWidth));
    return `${label}  ${point.name}: ${printable(point.found + remedy)}`;
  });
  const verdict = verdictOf(points);
  return [...lines, paint(verdict, verdicts[verdict](points))].map((line) => `${line}\n`).join('');
};

/** Renders the points and the verdict as JSON. */
export const renderJson = (points: readonly Point[]): string =>
  `${JSON.stringify({ verdict: verdictOf(points), points }, null, 2)}\n`;
