import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A customer's endpoint over real HTTP; what it answers may be changed at any time. */
export interface HookServer extends AsyncDisposable {
  url: string;
  posts: { headers: IncomingHttpHeaders; body: string }[];
  answer: (response: ServerResponse, n: number) => void;
}

export async function startHookServer(answer?: HookServer['answer']): Promise<HookServer> {
  const posts: HookServer['posts'] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (bytes: Buffer) => (body += bytes.toString()));
    request.on('end', () => {
      posts.push({ headers: request.headers, body });
      hook.answer(response, posts.length);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const hook: HookServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    posts,
    answer: answer ?? ((response) => response.end('thanks')),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return hook;
}
