import { once } from 'node:events';
import { type ClientHttp2Session, connect } from 'node:http2';
import { fileURLToPath } from 'node:url';

import { execa } from 'execa';
import protobuf from 'protobufjs';

const program = fileURLToPath(new URL('../../scripts/dom0', import.meta.url));
const proto = fileURLToPath(new URL('../fixtures/cri.proto', import.meta.url));

// The way of the bytes between here and a socket in the Dom0.
const relay =
  'const s = require("node:net").connect(process.argv[1]); process.stdin.pipe(s).pipe(process.stdout)';

/** A client of the Container Runtime Interface: gRPC over a socket in the Dom0. */
export interface CriClient {
  /** Calls a method of RuntimeService, as in `test/fixtures/cri.proto`; throws what gRPC reports. */
  readonly call: (method: string, request: object) => Promise<Record<string, unknown>>;
  readonly close: () => Promise<void>;
}

const deadline = 240_000;

const unary = async (
  session: ClientHttp2Session,
  path: string,
  message: Uint8Array,
): Promise<Buffer> => {
  const stream = session.request({
    ':method': 'POST',
    ':path': path,
    'content-type': 'application/grpc',
    te: 'trailers',
  });
  stream.setTimeout(deadline, () => stream.destroy(new Error(`${path}: no answer`)));
  // Whatever carries the status: headers alone where there is no answer.
  let status: Record<string, unknown> = {};
  stream.on('response', (headers) => (status = { ...status, ...headers }));
  stream.on('trailers', (headers) => (status = { ...status, ...headers }));
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  stream.end(Buffer.concat([head, message]));
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  if (status['grpc-status'] !== '0') {
    throw new Error(decodeURIComponent(String(status['grpc-message'])));
  }
  return Buffer.concat(chunks).subarray(head.length);
};

export const connectCri = async (socket: string): Promise<CriClient> => {
  const root = await protobuf.load(proto);
  const connection = execa(program, ['exec', '--', 'node', '-e', relay, socket], {
    buffer: false,
    reject: false,
  });
  const session = connect('http://localhost', { createConnection: () => connection.duplex() });
  await once(session, 'connect');
  return {
    call: async (method, request) => {
      const type = root.lookupType(`runtime.v1.${method}Request`);
      const message = type.encode(type.fromObject(request)).finish();
      const answer = await unary(session, `/runtime.v1.RuntimeService/${method}`, message);
      const decoded = root.lookupType(`runtime.v1.${method}Response`).decode(answer);
      return decoded.toJSON();
    },
    close: async () => {
      session.close();
      connection.kill();
      await connection;
    },
  };
};
