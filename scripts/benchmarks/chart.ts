import type { Measurement } from './measurements.ts';
import { lifecycleOf, medianIn } from './rows.ts';

interface Step {
  readonly label: string;
  readonly runx: number;
  readonly xl: number;
  /** What it is by hand. */
  readonly byHand: string;
}

const width = 1080;
const left = 250;
const right = 90;
const top = 96;
const rowHeight = 66;
const barHeight = 20;
const bottom = 54;

const style = `
    .page { fill: #ffffff; }
    .runx { fill: #3f6fb0; }
    .xl { fill: #a9b3bf; }
    .node { stroke: #b4541a; stroke-width: 1.75; stroke-dasharray: 6 4; }
    text { font: 15px system-ui, "Segoe UI", Helvetica, Arial, sans-serif; fill: #1c2430; }
    .name { font-weight: 600; }
    .small { font-size: 13px; fill: #4a5563; stroke: #ffffff; stroke-width: 4; paint-order: stroke; }
    .end { text-anchor: end; }
    @media (prefers-color-scheme: dark) {
      .page { fill: #0d1117; }
      .runx { fill: #6ea0e6; }
      .xl { fill: #5c6775; }
      .node { stroke: #e69a6e; }
      text { fill: #e6ebf1; }
      .small { fill: #b4bfcc; stroke: #0d1117; }
    }
  `;

const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

const text = (at: { x: number; y: number; class: string }, words: string): string =>
  `  <text class="${at.class}" x="${at.x}" y="${at.y}">${escape(words)}</text>`;

const seconds = (value: number): string => `${value.toFixed(2)} s`;

interface Bar {
  readonly kind: 'runx' | 'xl';
  readonly value: number;
  readonly y: number;
}

const barsOf = ({ runx, xl }: Step, y: number): readonly Bar[] => [
  { kind: 'runx', value: runx, y },
  { kind: 'xl', value: xl, y: y + barHeight + 3 },
];

const renderBar = ({ kind, value, y }: Bar, scale: number): string =>
  `  <rect class="${kind}" x="${left}" y="${y}" width="${Math.round(value * scale)}" height="${barHeight}" rx="3" />`;

const renderNames = ({ label, byHand }: Step, y: number): string[] => [
  text({ x: left - 14, y: y + 16, class: 'name end' }, label),
  text({ x: left - 14, y: y + 37, class: 'small end' }, byHand),
];

const renderValue = ({ value, y }: Bar, scale: number): string =>
  text({ x: left + Math.round(value * scale) + 8, y: y + 15, class: 'small' }, seconds(value));

const renderLegend = (node: number): string[] => [
  text({ x: 24, y: 36, class: 'name' }, 'What a container costs'),
  '  <rect class="runx" x="300" y="23" width="16" height="16" rx="3" />',
  text({ x: 324, y: 36, class: '' }, 'runx'),
  '  <rect class="xl" x="380" y="23" width="16" height="16" rx="3" />',
  text({ x: 404, y: 36, class: '' }, 'xl by hand, with the same kernel'),
  '  <line class="node" x1="660" y1="31" x2="690" y2="31" />',
  text({ x: 698, y: 36, class: '' }, `node -e 0: ${seconds(node)}`),
];

/** The steps of a container's life: runx, xl by hand and an empty Node.js program, as SVG. */
export const renderChart = ({ samples, xen = '', node: version, date }: Measurement): string => {
  const { node, xl, runx } = lifecycleOf(medianIn('lifecycle', samples));
  const steps: readonly Step[] = [
    { label: 'create', runx: runx.create, xl: xl.create, byHand: 'xl create -p' },
    { label: 'start to first byte', runx: runx.firstByte, xl: xl.firstByte, byHand: 'xl unpause' },
    { label: 'create and start', runx: runx.both, xl: xl.both, byHand: 'create -p and unpause' },
    { label: 'state', runx: runx.state, xl: xl.list, byHand: 'xl list' },
    { label: 'delete', runx: runx.delete, xl: xl.destroy, byHand: 'xl destroy' },
    { label: 'run true', runx: runx.run, xl: xl.run, byHand: 'create, unpause, destroy' },
  ];
  const yOf = (index: number): number => top + index * rowHeight;
  const bars = steps.flatMap((step, index) => barsOf(step, yOf(index)));
  const longest = Math.max(...bars.map(({ value }) => value), node);
  const scale = (width - left - right) / longest;
  const height = yOf(steps.length) + bottom;
  const end = yOf(steps.length) - 10;
  const nodeX = left + Math.round(node * scale);
  const words = steps.map(
    ({ label, runx: own, xl: byHand }) => `${label} ${seconds(own)}, by hand ${seconds(byHand)}`,
  );
  const conditions = `Medians in one boot of the emulated testbed: Xen ${xen}, Node ${version}, ${date.slice(0, 10)}`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="title description">`,
    '  <title id="title">What a container costs, by runx and by hand with xl</title>',
    `  <desc id="description">${escape(`${words.join('; ')}; node -e 0 ${seconds(node)}. ${conditions}.`)}</desc>`,
    `  <style>${style}</style>`,
    `  <rect class="page" width="${width}" height="${height}" rx="10" />`,
    ...renderLegend(node),
    ...bars.map((bar) => renderBar(bar, scale)),
    `  <line class="node" x1="${nodeX}" y1="${top - 24}" x2="${nodeX}" y2="${end}" />`,
    ...steps.flatMap((step, index) => renderNames(step, yOf(index))),
    ...bars.map((bar) => renderValue(bar, scale)),
    text({ x: 24, y: height - 22, class: 'small' }, `${conditions}.`),
    '</svg>',
    '',
  ].join('\n');
};
