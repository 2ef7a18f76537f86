export const bytesPerMiB = 1024 * 1024;

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
const step = 1024;

/** Renders a number of bytes for people, such as 512 B or 1.5 MiB. */
export const renderSize = (bytes: number): string => {
  let count = bytes;
  let unit = 0;
  // 1023.95 KiB would be rendered as 1024.0 KiB, so it is already 1.0 MiB.
  while (count >= step - (unit === 0 ? 0 : 0.05) && unit < units.length - 1) {
    count /= step;
    unit += 1;
  }
  return `${count.toFixed(unit === 0 ? 0 : 1)} ${units[unit]}`;
};
