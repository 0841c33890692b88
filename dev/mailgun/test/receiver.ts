import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import busboy from 'busboy';
import { startLocalMailgun, type LocalMailgun, type LocalMailgunOptions } from '../index.ts';

export interface Post {
  url: string;
  headers: http.IncomingHttpHeaders;
  raw: Buffer;
}
export interface ReadPost {
  fields: [name: string, value: string][];
  files: { field: string; filename: string | undefined; contentType: string; bytes: Buffer }[];
}

/** The receiving application: keeps the posts, and answers as `answer` says. */
export interface Receiver {
  url: string;
  posts: Post[];
  /** The status for a post, or `drop` to break the connection. Default: 200. */
  answer: (post: Post) => number | 'drop';
  close(): Promise<void>;
}

export async function startReceiver(port = 0): Promise<Receiver> {
  const receive = async (request: http.IncomingMessage, response: http.ServerResponse) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const post = { url: request.url!, headers: request.headers, raw: Buffer.concat(chunks) };
    receiver.posts.push(post);
    const answer = receiver.answer(post);
    if (answer === 'drop') request.socket.destroy();
    else response.writeHead(answer).end();
  };
  const server = http.createServer((request, response) => void receive(request, response));
  await once(server.listen(port, '127.0.0.1'), 'listening');
  const receiver: Receiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    posts: [],
    answer: () => 200,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return receiver;
}

export const SIGNING_KEY = 'key-test-signing-0123456789abcdef';
export const API_KEY = 'api-key-of-the-tests';

export const localMailgunFor = (
  receiver: Receiver,
  options: Partial<LocalMailgunOptions> = {},
): Promise<LocalMailgun> =>
  startLocalMailgun({
    port: 0,
    webhookUrl: receiver.url,
    signingKey: SIGNING_KEY,
    apiKey: API_KEY,
    ...options,
  });

/** Reads a post with a library that is independent of the local Mailgun. */
export async function readPost(post: Post): Promise<ReadPost> {
  if (!post.headers['content-type']!.startsWith('multipart/'))
    return { fields: [...new URLSearchParams(post.raw.toString('latin1'))], files: [] };
  const read: ReadPost = { fields: [], files: [] };
  const parser = busboy({ headers: post.headers, defParamCharset: 'utf8', limits: { fieldSize: 30e6 } });
  parser.on('field', (name, value) => read.fields.push([name, value]));
  parser.on('file', (field, stream, info) => {
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('end', () =>
      read.files.push({
        field,
        filename: info.filename,
        contentType: info.mimeType,
        bytes: Buffer.concat(chunks),
      }),
    );
  });
  parser.end(post.raw);
  await once(parser, 'close');
  return read;
}

/** Bytes of an urlencoded field; no charset is assumed. */
export function rawField(post: Post, name: string): Buffer {
  const found = post.raw
    .toString('latin1')
    .split('&')
    .find((pair) => pair.startsWith(`${name}=`));
  const chars = found!
    .slice(name.length + 1)
    .replaceAll('+', ' ')
    .replace(/%([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(chars, 'latin1');
}

export const valuesOf = (read: ReadPost, name: string): string[] =>
  read.fields.filter((field) => field[0] === name).map((field) => field[1]);

export const fixture = (name: string): Buffer =>
  readFileSync(new URL(`../../../test/fixtures/mails/${name}.eml`, import.meta.url));
