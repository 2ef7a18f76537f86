const headerLength = 3;
const maximumLength = 1024;

/** A piece of what moves between a monitor and the client of its console socket (frame.h). */
export interface Frame {
  readonly type: string;
  readonly body: Buffer;
}

/** The bytes as frames of one type, as many as they take; one without a body where there are no bytes. */
export const renderFrames = (type: 'I' | 'E' | 'W', bytes: Uint8Array): Buffer => {
  const parts: Uint8Array[] = [];
  for (let start = 0; start === 0 || start < bytes.length; start += maximumLength) {
    const body = bytes.subarray(start, start + maximumLength);
    parts.push(Buffer.from([type.charCodeAt(0), body.length & 0xff, body.length >> 8]), body);
  }
  return Buffer.concat(parts);
};

/** A reader that takes bytes as they come and gives the frames that are complete. */
export const makeFrameReader = (): ((bytes: Buffer) => readonly Frame[]) => {
  let rest = Buffer.alloc(0);
  return (bytes) => {
    const frames: Frame[] = [];
    rest = Buffer.concat([rest, bytes]);
    while (rest.length >= headerLength) {
      const end = headerLength + rest.readUInt16LE(1);
      if (rest.length < end) break;
      const type = String.fromCharCode(rest.readUInt8(0));
      frames.push({ type, body: rest.subarray(headerLength, end) });
      rest = rest.subarray(end);
    }
    return frames;
  };
};
