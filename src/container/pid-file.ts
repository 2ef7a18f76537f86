import { RunxError, messageOf } from '../errors.ts';
import { writeAtomically } from '../host/files.ts';

/** Writes a pid file, without a newline because containerd parses the whole file as a number. */
export const writePidFile = async (file: string, pid: number): Promise<void> => {
  try {
    await writeAtomically(file, String(pid), { mode: 0o644 });
  } catch (error) {
    throw new RunxError(`--pid-file ${file}: ${messageOf(error)}`);
  }
};
