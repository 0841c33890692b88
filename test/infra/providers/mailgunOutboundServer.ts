import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import busboy from 'busboy';

export interface Asked {
  method: string;
  url: string;
  headers: http.IncomingHttpHeaders;
  body: Buffer;
}
type Reply = (response: http.ServerResponse, asked: Asked) => void | Promise<void>;

/** Something that answers HTTP as a test says, and keeps what it was asked. */
export interface FakeApi {
  url: string;
  asked: Asked[];
  /** For all requests from now on. */
  answer: Reply;
  close(): Promise<void>;
}

export async function startFakeApi(tls?: { key: Buffer; cert: Buffer }): Promise<FakeApi> {
  const listener = async (request: http.IncomingMessage, response: http.ServerResponse) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { method, url, headers } = request;
    const asked = { method: method!, url: url!, headers, body: Buffer.concat(chunks) };
    api.asked.push(asked);
    await api.answer(response, asked);
  };
  // A request that the other side gave up is no fault of a test.
  const take: http.RequestListener = (request, response) => void listener(request, response).catch(() => {});
  const server = tls ? https.createServer(tls, take) : http.createServer(take);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const api: FakeApi = {
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: [],
    answer: (response) => void response.end(),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return api;
}

export const json =
  (status: number, body: unknown, reason?: string): Reply =>
  (response) =>
    void response
      .writeHead(status, reason ?? http.STATUS_CODES[status]!, { 'content-type': 'application/json' })
      .end(JSON.stringify(body));

export const plain =
  (status: number, body: string, headers: Record<string, string> = {}): Reply =>
  (response) =>
    void response.writeHead(status, { 'content-type': 'text/plain', ...headers }).end(body);

/** Fields of a multipart form, in order, and after them its files. */
export async function readForm({ headers, body }: Asked): Promise<[name: string, value: string | Buffer][]> {
  const fields: [string, string][] = [];
  const files: [string, Buffer][] = [];
  const parser = busboy({ headers });
  parser.on('field', (name, value) => fields.push([name, value]));
  parser.on('file', (name, stream) => {
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('end', () => files.push([name, Buffer.concat(chunks)]));
  });
  parser.end(body);
  await once(parser, 'close');
  return [...fields, ...files];
}
