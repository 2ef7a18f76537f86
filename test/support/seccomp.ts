import { compileSeccomp } from '../../src/guest/seccomp/compile.ts';
import { specWith } from './spec.ts';

/** A system call as the kernel shows it to a filter (struct seccomp_data). */
export interface Call {
  readonly audit: number;
  readonly number: number;
  readonly args?: readonly bigint[];
}

export interface Verdict {
  readonly value: number;
  /** Instructions that were executed. */
  readonly steps: number;
}

/** AUDIT_ARCH_* (linux/audit.h). */
export const audit = {
  x86_64: 0xc000_003e,
  i386: 0x4000_0003,
  aarch64: 0xc000_00b7,
  arm: 0x4000_0028,
  mips: 0x8,
} as const;

const dataOf = ({ audit: architecture, number, args = [] }: Call): DataView => {
  const data = new DataView(new ArrayBuffer(64));
  data.setUint32(0, number, true);
  data.setUint32(4, architecture, true);
  args.forEach((value, index) => data.setBigUint64(16 + 8 * index, value, true));
  return data;
};

/** Runs a filter as the kernel does, and fails on what the kernel would not load. */
export const runFilter = (program: Uint8Array, call: Call): Verdict => {
  const view = new DataView(program.buffer, program.byteOffset, program.byteLength);
  const count = program.byteLength / 8;
  if (!Number.isInteger(count) || count < 1 || count > 4096)
    throw new Error(`${count} instructions`);
  const data = dataOf(call);
  let accumulator = 0;
  for (let at = 0, steps = 1; ; at++, steps++) {
    if (at >= count) throw new Error(`jump out of the program, to ${at}`);
    const code = view.getUint16(8 * at, true);
    const k = view.getUint32(8 * at + 4, true);
    const branch = (taken: boolean): void => {
      at += view.getUint8(8 * at + (taken ? 2 : 3));
    };
    switch (code) {
      case 0x20: // ld [k]
        if (k % 4 !== 0 || k >= 64) throw new Error(`load from ${k}`);
        accumulator = data.getUint32(k, true);
        break;
      case 0x54: // and #k
        accumulator = (accumulator & k) >>> 0;
        break;
      case 0x05: // ja
        at += k;
        break;
      case 0x15: // jeq
        branch(accumulator === k);
        break;
      case 0x25: // jgt
        branch(accumulator > k);
        break;
      case 0x35: // jge
        branch(accumulator >= k);
        break;
      case 0x06: // ret
        return { value: k, steps };
      default:
        throw new Error(`unknown instruction ${code.toString(16)}`);
    }
  }
};

/** The filter that a profile of config.json makes, for a machine as node names it. */
export const filterOf = (seccomp: object, machine = 'x64'): Uint8Array => {
  const profile = specWith({ linux: { seccomp } }).linux.seccomp;
  const filter = profile ? compileSeccomp(profile, machine) : undefined;
  if (filter === undefined) throw new Error('the profile makes no filter');
  return filter.program;
};

const verdicts: Readonly<Record<number, string>> = {
  0x7fff_0000: 'allow',
  0x7ffc_0000: 'log',
  0x0003_0000: 'trap',
  0x0000_0000: 'kill thread',
  0x8000_0000: 'kill process',
};

/** What a filter says, in words; with the errno where it gives one. */
export const verdictOf = (program: Uint8Array, call: Call): string => {
  const { value } = runFilter(program, call);
  const word = verdicts[value];
  if (word !== undefined) return word;
  const [upper, lower] = [value >>> 16, value & 0xffff];
  if (upper === 0x0005) return `errno ${lower}`;
  if (upper === 0x7ff0) return `trace ${lower}`;
  throw new Error(`no action: ${value.toString(16)}`);
};
