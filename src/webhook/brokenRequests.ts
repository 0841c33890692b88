import type { Server } from 'node:http';

/**
 * Answers 503 when a sender closes its side in the middle of a body, as for every body that ends early; Node would say
 * 400 before the webhook sees it. Other broken requests get what Node gives them.
 */
export function answerBrokenRequests(server: Server): void {
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    const status = STATUS[error.code ?? ''] ?? '400 Bad Request';
    if (socket.writable) socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
    else socket.destroy();
  });
}

const STATUS: Record<string, string | undefined> = {
  HPE_INVALID_EOF_STATE: '503 Service Unavailable',
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};
