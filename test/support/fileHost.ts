import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';

export interface FileHost {
  readonly url: string;
  /** Path and Authorization header of every request, in order. */
  readonly asked: { path: string; authorization: string | undefined }[];
  close(): Promise<void>;
}

type Answers = Record<string, (response: http.ServerResponse, url: string) => void>;

/**
 * A server on this machine with these answers by path, and 404 for any other.
 * @param tls key and certificate make it https.
 */
export async function startFileHost(
  answers: Answers,
  tls: { key: Buffer; cert: Buffer } | null = null,
): Promise<FileHost> {
  const asked: FileHost['asked'] = [];
  const handle: http.RequestListener = (request, response) => {
    const path = request.url ?? '';
    asked.push({ path, authorization: request.headers.authorization });
    const answer = answers[path];
    if (answer) answer(response, host.url);
    else response.writeHead(404).end();
  };
  const server = tls ? https.createServer(tls, handle) : http.createServer(handle);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const host: FileHost = {
    url: `${tls ? 'https' : 'http'}://localhost:${port}`,
    asked,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return host;
}

/** Answers with these bytes. */
export const gives = (bytes: string) => (response: http.ServerResponse) => response.writeHead(200).end(bytes);

/** Answers with a redirect; a path stays on the host. */
export const sendsTo = (target: string) => (response: http.ServerResponse, url: string) =>
  response.writeHead(302, { Location: new URL(target, url).href }).end();
