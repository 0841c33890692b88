/**
 * The floor of acknowledging: a Koa that reads the form and makes one file durable (write, fsync, rename,
 * fsync of the folder). It checks no signature and starts nothing. Argument: its folder.
 */
import { randomUUID } from 'node:crypto';
import { open, rename, writeFile } from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import Koa from 'koa';

const folder = process.argv[2]!;
const app = new Koa();
app.use(async (ctx) => {
  const fields = [...new URLSearchParams(await text(ctx.req))];
  const name = path.join(folder, randomUUID());
  await writeFile(`${name}.part`, JSON.stringify(fields), { flag: 'wx', flush: true });
  await rename(`${name}.part`, `${name}.json`);
  const handle = await open(folder, 'r');
  await handle.sync();
  await handle.close();
  ctx.body = { ok: true };
});
const handle = app.callback();
const server = http.createServer((request, response) => void handle(request, response));
server.listen(0, '127.0.0.1', () => process.send!({ port: (server.address() as AddressInfo).port }));
// The measuring process has ended.
process.on('disconnect', () => process.exit());
