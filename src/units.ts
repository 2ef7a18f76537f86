export const bytesPerMiB = 1024 * 1024;
