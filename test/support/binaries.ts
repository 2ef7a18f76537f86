/** The beginning of an ELF file for this machine (elf(5), e_machine). */
export const elf = (machine: number): Buffer => {
  const bytes = Buffer.alloc(64);
  bytes.write('\u007FELF', 'latin1');
  bytes.writeUInt16LE(machine, 18);
  return bytes;
};

/** The beginning of a kernel for x86_64. */
export const bzImage = Buffer.alloc(4096);
bzImage.write('HdrS', 0x202);
