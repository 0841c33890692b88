import type { Server } from 'node:http';

/** How long a sender may take to read the answer and close the connection (ms). */
const LEAVE_MS = 2_000;

/**
 * Answers 503 when a sender closes its side in the middle of a body, as for every body that ends early; Node
 * would answer 400 before the ingress sees it. Other broken requests get the answers of Node. A sender that
 * does not close the connection is cut off: otherwise its request would wait for the rest of the body without
 * a limit.
 */
export function answerBrokenRequests(server: Server): void {
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    const status = STATUS[error.code ?? ''] ?? '400 Bad Request';
    if (!socket.writable) return socket.destroy();
    socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
    setTimeout(() => socket.destroy(), LEAVE_MS).unref();
  });
}

const STATUS: Record<string, string | undefined> = {
  HPE_INVALID_EOF_STATE: '503 Service Unavailable',
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};
