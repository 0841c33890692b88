import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { runNode, until } from './dev/engines/fakes.ts';
import { built } from './support/built.ts';
import { lastingPort } from './support/ports.ts';

/** A web process with neither MongoDB nor Temporal. */
async function startWeb(dir: string) {
  const port = await lastingPort();
  const { PATH, HOME } = process.env;
  const web = runNode([path.join(await built(), 'src/web.js')], dir, {
    PATH,
    HOME,
    PORT: String(port),
    MAILGUN_SIGNING_KEY: 'key',
    MONGODB_URI: 'mongodb://127.0.0.1:9/x',
    TEMPORAL_ADDRESS: '127.0.0.1:9',
    STORAGE_URL: `file:${dir}/storage`,
  });
  const ask = (to: string, options?: RequestInit) => fetch(`http://127.0.0.1:${port}${to}`, options);
  const answers = () =>
    ask('/health/live').then(
      () => true,
      () => false,
    );
  await until('it answers', answers);
  return { web, ask };
}

test('web boots without MongoDB and Temporal; without storage it claims nothing, until that is there', async () => {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'postroom-web-'));
  writeFileSync(path.join(dir, 'storage'), 'a file, where a folder is wanted');
  const { web, ask } = await startWeb(dir);
  const away = await ask('/health/ready');
  expect(away.status).toBe(503);
  expect(await away.json()).toEqual({
    status: 'not ready',
    parts: { storage: 'away', mongodb: 'away', temporal: 'away' },
  });
  const body = new URLSearchParams({ recipient: 'a@b.test' });
  expect((await ask('/webhooks/mailgun/inbound', { method: 'POST', body })).status).toBe(503);

  rmSync(path.join(dir, 'storage'));
  mkdirSync(path.join(dir, 'storage'));
  await until('it is ready', async () => (await ask('/health/ready')).status === 200);
  // It is not signed; and that is looked at now.
  expect((await ask('/webhooks/mailgun/inbound', { method: 'POST', body })).status).toBe(401);

  web.child.kill('SIGTERM');
  expect(await web.exited).toBe(0);
  expect(web.output.text).not.toMatch(/^\s+at /m);
});

test('web and worker say what must be set', async () => {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'postroom-web-'));
  for (const file of ['src/web.js', 'src/worker.js']) {
    const { output, exited } = runNode([path.join(await built(), file)], dir, { PATH: process.env.PATH });
    expect(await exited).toBe(1);
    expect(output.text).toBe(
      'MONGODB_URI and TEMPORAL_ADDRESS must be set (`npm start` brings up its own).\n',
    );
  }
});
