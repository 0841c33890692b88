import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { until } from '../support/until.ts';
import { fakeOutbound } from './events.ts';
import { fieldParts, MULTIPART, multipart, post, type Rig, signature, someFields, startRig } from './rig.ts';

const MOST = 100_000;
let rig: Rig;
const open = async (options: Parameters<typeof startRig>[0] = {}) =>
  (rig = await startRig({ maxUnprovedBytes: MOST, outbound: fakeOutbound, ...options }));
afterEach(() => rig.close());

const large = (bytes: number) => ({
  head: 'Content-Disposition: form-data; name="a"; filename="a"',
  body: 'y'.repeat(bytes),
});
const fields = fieldParts([...someFields(), ...signature()]);
const send = (parts: { head: string; body: string }[]) =>
  post(rig, 'mailgun/inbound', multipart(parts), MULTIPART);

/** Begins a post, and says no more. */
async function beginPost(route: string, bytes: number): Promise<Socket> {
  const socket = createConnection(rig.port, '127.0.0.1');
  socket.on('error', () => undefined);
  const head = [
    `POST /webhooks/${route} HTTP/1.1`,
    'Host: x',
    'Content-Type: application/x-www-form-urlencoded',
    'Content-Length: 1000000',
  ];
  socket.write(`${head.join('\r\n')}\r\n\r\nbody-plain=${'x'.repeat(bytes)}`);
  await once(socket, 'connect');
  return socket;
}

test('what comes before the signature is bounded, and what comes after it is not', async () => {
  await open();
  const answer = await send([large(2 * MOST), ...fields]);
  expect(answer.status).toBe(503);
  expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(await answer.json()).toMatchObject({ detail: expect.stringContaining('signature') });
  expect(await rig.files()).toEqual([]);
  expect((await send([...fields, large(2 * MOST)])).status).toBe(200);
});

test('a forged signature proves nothing', async () => {
  await open();
  const forged = fieldParts([...someFields(), ...signature({ key: 'another' })]);
  expect((await send([...forged, large(2 * MOST)])).status).toBe(503);
  expect(await rig.files()).toEqual([]);
});

test('one network may hold half of all unproved bytes; what ends is no longer counted', async () => {
  await open();
  const sockets: Socket[] = [];
  for (let n = 0; n < 4; n += 1) sockets.push(await beginPost('mailgun/inbound', MOST - 100));
  await until('all are in the spool', async () => (await rig.files()).length === 4);
  expect((await send([large(MOST / 2), ...fields])).status).toBe(503);
  for (const socket of sockets) socket.destroy();
  await until('the spool is empty', async () => (await rig.files()).length === 0);
  expect((await send([large(MOST / 2), ...fields])).status).toBe(200);
});

test('events are counted with them', async () => {
  await open();
  const sockets: Socket[] = [];
  for (let n = 0; n < 4; n += 1) sockets.push(await beginPost('mailgun/inbound', MOST - 100));
  await until('all are in the spool', async () => (await rig.files()).length === 4);
  const event = await post(rig, 'mailgun/events', JSON.stringify({ padding: 'x'.repeat(MOST / 2) }));
  expect(event.status).toBe(503);
  for (const socket of sockets) socket.destroy();
});

test.each(['mailgun/inbound', 'mailgun/events'])('a sender that falls silent at %s', async (route) => {
  await open({ idleMs: 300 });
  const answer = await text(await beginPost(route, 80_000));
  expect(answer).toMatch(/^HTTP\/1.1 503 Service Unavailable\r\n/);
  expect(answer).toContain('No byte of the body came');
  expect(await rig.files()).toEqual([]);
});
