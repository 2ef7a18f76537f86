const newline = 0x0a;

/** The last lines of a text, whose last line need have no end. */
export const lastLines = (bytes: Buffer, count: number): Buffer => {
  let start = bytes.length;
  for (let left = count; left > 0 && start > 0; left -= 1) {
    start = bytes.subarray(0, start - 1).lastIndexOf(newline) + 1;
  }
  return bytes.subarray(start);
};
