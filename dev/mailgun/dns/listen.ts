import dgram from 'node:dgram';
import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';

const HOST = '127.0.0.1';
/** A connection without data for this long is closed, in milliseconds. */
const IDLE_MS = 10_000;
/** The port that the system gave for TCP may be in use for UDP. */
const PORT_TRIES = 20;

export interface Listening {
  port: number;
  close(): Promise<void>;
}
/** The answer to a query, as bytes; null: no answer. */
export type AnswerQuery = (query: Buffer, over: 'udp' | 'tcp') => Buffer | null;

/** Answers on one port over UDP and TCP. @param port 0: any port that is free for both. @throws EADDRINUSE */
export async function listen(port: number, answer: AnswerQuery): Promise<Listening> {
  for (let tries = 1; ; tries++) {
    const tcp = await openTcp(port, answer);
    try {
      const udp = await openUdp(tcp.port, answer);
      const close = async () => {
        await Promise.all([tcp.close(), udp.close()]);
      };
      return { port: tcp.port, close };
    } catch (error) {
      await tcp.close();
      if (port !== 0 || tries === PORT_TRIES) throw error;
    }
  }
}

async function openUdp(port: number, answer: AnswerQuery): Promise<Listening> {
  const socket = dgram.createSocket('udp4');
  socket.on('message', (query, { address, port: from }) => {
    const bytes = answer(query, 'udp');
    // An error means that the client is gone: nothing to do.
    if (bytes) socket.send(bytes, from, address, () => {});
  });
  socket.bind(port, HOST);
  await once(socket, 'listening');
  return { port, close: () => new Promise((resolve) => socket.close(() => resolve())) };
}

async function openTcp(port: number, answer: AnswerQuery): Promise<Listening> {
  const open = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    open.add(socket);
    socket.setTimeout(IDLE_MS, () => socket.destroy());
    socket.on('error', () => socket.destroy()).on('close', () => open.delete(socket));
    let rest = Buffer.alloc(0);
    socket.on('data', (bytes: Buffer) => {
      rest = answerAll(Buffer.concat([rest, bytes]), socket, answer);
    });
  });
  server.listen(port, HOST);
  await once(server, 'listening');
  const close = async () => {
    for (const socket of open) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
  return { port: (server.address() as AddressInfo).port, close };
}

/**
 * Over TCP, two bytes with its length precede each message (RFC 1035 4.2.2).
 * @returns the start of an incomplete query
 */
function answerAll(received: Buffer, socket: net.Socket, answer: AnswerQuery): Buffer<ArrayBuffer> {
  let rest = received;
  while (rest.length >= 2 && rest.length >= 2 + rest.readUInt16BE(0)) {
    const end = 2 + rest.readUInt16BE(0);
    const bytes = answer(rest.subarray(2, end), 'tcp');
    if (bytes) {
      const length = Buffer.alloc(2);
      length.writeUInt16BE(bytes.length);
      socket.write(Buffer.concat([length, bytes]));
    }
    rest = rest.subarray(end);
  }
  return Buffer.from(rest);
}
