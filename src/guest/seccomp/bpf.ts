/** An instruction of classic BPF, as the kernel's struct sock_filter (linux/filter.h). */
export interface Instruction {
  readonly code: number;
  readonly jt: number;
  readonly jf: number;
  readonly k: number;
}

/** A place in a program: how many instructions stand from it to the end. */
export type Label = number;

const load = 0x20;
const and = 0x54;
const jump = 0x05;
export const jumpEqual = 0x15;
export const jumpGreater = 0x25;
export const jumpGreaterEqual = 0x35;
const give = 0x06;

export type Test = typeof jumpEqual | typeof jumpGreater | typeof jumpGreaterEqual;

// A conditional jump reaches 255 instructions; two may have to be made longer by one each.
const reach = 250;

/** Writes a program from its end to its start, so that each jump knows where it goes. */
export const makeAssembler = () => {
  const backwards: Instruction[] = [];
  const returns = new Map<number, Label>();

  const emit = (code: number, k: number, jt = 0, jf = 0): Label =>
    backwards.push({ code, jt, jf, k: k >>> 0 });
  const distance = (label: Label): number => backwards.length - label;
  const near = (label: Label): Label =>
    distance(label) > reach ? emit(jump, distance(label)) : label;

  return {
    /** Ends the program with a value. */
    ret: (value: number): Label => {
      const known = returns.get(value);
      if (known !== undefined && distance(known) < reach) return known;
      const label = emit(give, value);
      returns.set(value, label);
      return label;
    },
    /** Compares the accumulator with `k`. */
    test: (code: Test, k: number, yes: Label, no: Label): Label => {
      if (yes === no) return yes;
      const nearYes = near(yes);
      const nearNo = near(no);
      return emit(code, k, distance(nearYes), distance(nearNo));
    },
    /** Loads 32 bits at an offset of struct seccomp_data, those of a mask, and goes on. */
    loadWord: (offset: number, mask: number, next: Label): Label => {
      if (distance(next) > 0) emit(jump, distance(next));
      if (mask !== 0xffff_ffff) emit(and, mask);
      return emit(load, offset);
    },
    instructions: (): readonly Instruction[] => backwards.toReversed(),
  };
};

export type Assembler = ReturnType<typeof makeAssembler>;

/** The program's bytes on a little-endian machine. */
export const renderProgram = (instructions: readonly Instruction[]): Buffer => {
  const bytes = Buffer.alloc(8 * instructions.length);
  for (const [index, { code, jt, jf, k }] of instructions.entries()) {
    bytes.writeUInt16LE(code, 8 * index);
    bytes.writeUInt8(jt, 8 * index + 2);
    bytes.writeUInt8(jf, 8 * index + 3);
    bytes.writeUInt32LE(k, 8 * index + 4);
  }
  return bytes;
};
