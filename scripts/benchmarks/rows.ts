// The rows of the table: what runx is held to, computed from samples.
import { medianOf } from './figure.ts';
import type { Measurements } from './measurements.ts';

export interface Row {
  readonly label: string;
  readonly value: number;
  readonly unit: Unit;
  /** The most that it may be, and where that comes from. */
  readonly target?: { readonly most: number; readonly rule?: string };
}

export type Unit = 's' | 'times' | 'ms' | 'MiB' | 'MB' | '';

/** What an engine calls for each container, in the order in which it is measured. */
export const commands = [
  'create',
  'start',
  'state',
  'list',
  'ps',
  'pause',
  'kill',
  'delete',
] as const;

export type Command = (typeof commands)[number];

/** Throws when it was not measured. */
type Median = (name: string) => number;

const kibPerMib = 1024;
const bytesPerMb = 1e6;
const msPerSecond = 1000;

const nodeTimes = (factor: number, { node }: { node: number }, base?: [string, number]) => ({
  most: (base?.[1] ?? 0) + factor * node,
  rule: `${base === undefined ? '' : `${base[0]} + `}${factor} x node`,
});

/** The Node.js whose ratios have targets. */
const heldMajor = '24';
const cpuTarget = 1.4;
const cpuTargetOfCreate = 2;

/** `samples` are named `MAJOR COMMAND`. */
const cpuRows = (median: Median, names: readonly string[]): Row[] => {
  const majors = [...new Set(names.map((name) => name.split(' ')[0] ?? ''))];
  return majors
    .toSorted()
    .toReversed()
    .flatMap((major): Row[] => {
      const node = median(`${major} node -e 0`);
      const rows = commands.map((command): Row => {
        const most = command === 'create' ? cpuTargetOfCreate : cpuTarget;
        return {
          label: `CPU of ${command}, Node ${major}`,
          value: median(`${major} ${command}`) / node,
          unit: 'times',
          ...(major === heldMajor ? { target: { most, rule: 'node' } } : {}),
        };
      });
      return [{ label: `CPU of node -e 0, Node ${major}`, value: node, unit: 'ms' }, ...rows];
    });
};

/** What the chart shows too. */
export const lifecycleOf = (ms: Median) => {
  const median = (name: string): number => ms(name) / msPerSecond;
  const create = median('xl create -p');
  const firstByte = median('xl unpause, first byte');
  const destroy = median('xl destroy');
  return {
    node: median('node -e 0'),
    xl: {
      create,
      firstByte,
      both: create + firstByte,
      list: median('xl list'),
      destroy,
      run: create + firstByte + destroy,
    },
    runx: {
      create: median('runx create'),
      firstByte: median('runx start, first byte'),
      both: median('runx create and start, first byte'),
      state: median('runx state'),
      delete: median('runx delete'),
      run: median('runx run true'),
    },
  };
};

const lifecycleRows = (median: Median): Row[] => {
  const { node, xl, runx } = lifecycleOf(median);
  // Between the call of xl and the kernel's clock, and from the guest to Dom0.
  const around = xl.firstByte - median('xl, uptime');
  const seconds = (label: string, value: number, target?: Row['target']): Row => ({
    label,
    value,
    unit: 's',
    ...(target === undefined ? {} : { target }),
  });
  return [
    seconds('node -e 0', node),
    seconds('xl create -p', xl.create),
    seconds('xl unpause to the first byte of a hand-made init', xl.firstByte),
    seconds('xl list', xl.list),
    seconds('xl destroy', xl.destroy),
    seconds('create', runx.create, nodeTimes(2, { node }, ['xl create', xl.create])),
    seconds('start to the first byte', runx.firstByte, nodeTimes(1.7, { node })),
    seconds(
      'create and start to the first byte',
      runx.both,
      nodeTimes(2, { node }, ['xl create, unpause', xl.both]),
    ),
    {
      label: 'unpause to a process that runs',
      value: (median('runx run, uptime') + around) / xl.firstByte,
      unit: 'times',
      target: { most: 1.25, rule: 'hand-made init' },
    },
    seconds('state', runx.state, nodeTimes(1.5, { node })),
    seconds(
      'delete of a stopped container',
      runx.delete,
      nodeTimes(1.6, { node }, ['xl destroy', xl.destroy]),
    ),
    seconds(
      'runx run true',
      runx.run,
      nodeTimes(2.5, { node }, ['xl create, unpause, destroy', xl.run]),
    ),
  ];
};

const memoryRows = (median: Median): Row[] => {
  const mib = (label: string, kib: number, most?: number): Row => ({
    label,
    value: kib / kibPerMib,
    unit: 'MiB',
    ...(most === undefined ? {} : { target: { most } }),
  });
  const all = 64 * kibPerMib;
  return [
    mib('PSS of all processes of a container', median('PSS of a container'), 0.2),
    mib('kernel and ramdisk in a guest of 64 MiB', all - median('MemAvailable of 64 MiB'), 16),
    mib('that the kernel has before its first process', all - median('MemTotal of 64 MiB')),
    {
      label: 'containers of 24 MiB that do not start, of 1',
      value: median('24 MiB, failed'),
      unit: '',
      target: { most: 0 },
    },
  ];
};

const twentyRows = (median: Median, name: string): Row[] => [
  {
    label: `20 ${name}`,
    value: median(name) / median(`${name} by hand`),
    unit: 'times',
    target: { most: 1.25, rule: 'by hand with xl' },
  },
  { label: `20 ${name}: s`, value: median(name) / msPerSecond, unit: 's' },
  {
    label: `20 ${name}: failed`,
    value: median(`${name}, failed`),
    unit: '',
    target: { most: 0 },
  },
];

const sizeRows = (median: Median): Row[] => [
  {
    label: 'kernel and ramdisk',
    value: (median('kernel') + median('ramdisk')) / bytesPerMb,
    unit: 'MB',
    target: { most: 3.7 },
  },
];

const parts: Readonly<Record<string, (median: Median, names: readonly string[]) => Row[]>> = {
  cpu: cpuRows,
  lifecycle: lifecycleRows,
  memory: memoryRows,
  'at-once': (median) => twentyRows(median, 'at once'),
  'in-a-row': (median) => twentyRows(median, 'in a row'),
  sizes: sizeRows,
};

export const medianIn =
  (part: string, samples: Readonly<Record<string, readonly number[]>>): Median =>
  (name) => {
    const values = samples[name];
    if (values === undefined) throw new Error(`${part} has not measured '${name}'`);
    return medianOf(values);
  };

/** The rows of what was measured. */
export const rowsOf = (measurements: Measurements): readonly Row[] =>
  Object.entries(parts).flatMap(([part, rows]) => {
    const samples = measurements[part]?.samples;
    return samples === undefined ? [] : rows(medianIn(part, samples), Object.keys(samples));
  });

export const isMet = ({ value, target }: Row): boolean | undefined =>
  target === undefined ? undefined : value <= target.most;
