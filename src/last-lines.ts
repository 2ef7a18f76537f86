const newline = 0x0a;

/** The last `count` lines of a text, which need not end with a newline. */
export const lastLines = (bytes: Buffer, count: number): Buffer => {
  let start = bytes.length;
  for (let left = count; left > 0 && start > 0; left -= 1) {
    start = bytes.subarray(0, start - 1).lastIndexOf(newline) + 1;
  }
  return bytes.subarray(start);
};
