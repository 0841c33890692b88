import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';

/** What becomes of requests to S3. */
export type S3Fault = {
  method: 'GET' | 'HEAD' | 'PUT';
  /** A part of the request's path. */
  path?: string;
  /** How many requests meet it; by default all. */
  times?: number;
} & (
  | { kind: 'late'; ms: number }
  /** Answered with an error, and not passed on: 503 `SlowDown`; 404 `NoSuchKey`, as when it is behind. */
  | { kind: 'refused'; status: number; code: string }
  /** Done, and never answered: the connection is broken off. */
  | { kind: 'lost' }
  /** The answer ends in its middle. */
  | { kind: 'broken off' }
  /** The answer is whole by its own account, and has half of the bytes. */
  | { kind: 'shorter' }
  | { kind: 'other bytes' }
  | { kind: 'other ETag' }
);

/** A proxy in front of an S3 server, which answers late, wrongly, or not at all. */
export interface S3Proxy extends AsyncDisposable {
  url: string;
  /** The first that fits a request counts. */
  faults: S3Fault[];
  /** Requests that met a fault, oldest first. */
  met: { kind: S3Fault['kind']; path: string }[];
}

export async function startS3Proxy(target: string): Promise<S3Proxy> {
  const server = http.createServer((request, response) => {
    pass(proxy, target, request, response).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const proxy: S3Proxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    faults: [],
    met: [],
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return proxy;
}

function takeFault({ faults, met }: S3Proxy, { method, url = '' }: http.IncomingMessage): S3Fault | null {
  const fault = faults.find(
    (candidate) => candidate.method === method && url.includes(candidate.path ?? '') && candidate.times !== 0,
  );
  if (!fault) return null;
  if (fault.times !== undefined) fault.times -= 1;
  met.push({ kind: fault.kind, path: url });
  return fault;
}

async function pass(
  proxy: S3Proxy,
  target: string,
  request: http.IncomingMessage,
  response: http.ServerResponse,
): Promise<void> {
  const fault = takeFault(proxy, request);
  if (fault?.kind === 'late') await sleep(fault.ms, null, { ref: false });
  if (fault?.kind === 'refused') {
    request.resume();
    response.writeHead(fault.status, { 'Content-Type': 'application/xml', Connection: 'close' });
    response.end(`<?xml version="1.0"?><Error><Code>${fault.code}</Code><Message>no</Message></Error>`);
    return;
  }
  const answer = await forward(target, request);
  const bytes = await buffer(answer);
  if (fault?.kind === 'lost') return void response.destroy();
  const headers = { ...answer.headers };
  if (fault?.kind === 'other ETag') headers.etag = '"0123456789abcdef0123456789abcdef"';
  if (fault?.kind === 'shorter') headers['content-length'] = String(halfOf(answer.headers));
  response.writeHead(answer.statusCode!, headers);
  if (fault?.kind === 'broken off')
    response.write(bytes.subarray(0, bytes.length / 2), () => response.destroy());
  else response.end(changed(bytes, fault));
}

const halfOf = (headers: http.IncomingHttpHeaders): number =>
  Math.floor(Number(headers['content-length'] ?? 0) / 2);

function changed(bytes: Buffer, fault: S3Fault | null): Buffer {
  if (fault?.kind === 'shorter') return bytes.subarray(0, Math.floor(bytes.length / 2));
  if (fault?.kind === 'other bytes') return Buffer.from(bytes.map((byte) => byte ^ 1));
  return bytes;
}

/** As it came: the signature of a request covers the host that it names. */
async function forward(target: string, request: http.IncomingMessage): Promise<http.IncomingMessage> {
  const { hostname, port } = new URL(target);
  const passed = http.request({
    hostname,
    port,
    method: request.method,
    path: request.url,
    headers: { ...request.headers, connection: 'close' },
    agent: false,
  });
  const answered = once(passed, 'response') as Promise<[http.IncomingMessage]>;
  request.pipe(passed);
  const [answer] = await answered;
  return answer;
}
