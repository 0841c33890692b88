/**
 * `npm run picture`: takes the pictures of README from the dashboard of a running `npm start`, after it has let
 * the demo receive some mails and answer one. Run it on a fresh demo: what is there already is in the picture.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser } from 'playwright-core';
import { z } from 'zod';
import { environment, loadConfig } from '../src/infra/config.ts';
import { launchChromium } from './chromium.ts';

const Ready = z.object({
  web_url: z.string(),
  dashboard_url: z.string(),
  mailgun_url: z.string(),
  workspace_id: z.string(),
  member_token: z.string(),
  people: z.array(z.object({ name: z.string(), user_id: z.string() })),
});
const Threads = z.object({
  data: z.array(z.object({ id: z.string(), kind: z.string(), subject: z.string(), status: z.string() })),
});

const MAILS = [
  {
    to: 'billing',
    from: 'Priya Nair <priya@nair.test>',
    subject: 'Invoice for October',
    text: 'Hello,\n\nthe invoice for October has our old address on it. Can you send a corrected one?\n\nPriya',
  },
  {
    to: 'hello',
    from: 'Bob Müller <bob@mueller.test>',
    subject: 'Do you ship to Norway?',
    text: 'Hi, we would like to order twelve desks for our office in Oslo.',
  },
  {
    to: 'dana',
    from: 'Yuki Tanaka <yuki@tanaka.test>',
    subject: 'Lunch on Thursday?',
    text: 'Dear Dana, are you in town on Thursday?',
  },
  {
    to: 'support',
    from: 'Olu Adeyemi <olu@adeyemi.test>',
    subject: 'The app forgets my settings',
    text: 'Since the last update I have to sign in every morning. The settings are gone as well.',
  },
  {
    to: 'support',
    from: 'Ann Lee <ann@client.test>',
    subject: 'The lamp arrived broken',
    html:
      '<p>Hello,</p><p>the lamp of my order <b>4711</b> arrived today, and its shade is <i>cracked</i>.</p>' +
      '<ul><li>ordered on 12 November</li><li>arrived today</li></ul><p>Can you send a new one?</p><p>Ann</p>',
    text: 'Hello, the lamp of my order 4711 arrived today, and its shade is cracked. Can you send a new one? Ann',
  },
];
const STORY = 'The lamp arrived broken';

const ready = Ready.parse(JSON.parse(await readFile('.postroom/ready.json', 'utf8')));
const api = `${ready.web_url}/api/v1/workspaces/${ready.workspace_id}`;

async function post(url: string, body: object, method = 'POST'): Promise<unknown> {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${ready.member_token}` };
  const answer = await fetch(url, { method, headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}: ${await answer.text()}`);
  return answer.json();
}

async function threadOf(subject: string): Promise<{ id: string; kind: string }> {
  for (;;) {
    const headers = { authorization: `Bearer ${ready.member_token}` };
    const answer = await fetch(`${api}/threads?sort=-last_message_at`, { headers });
    const thread = Threads.parse(await answer.json()).data.find((row) => row.subject === subject);
    if (thread) return thread;
    await sleep(200);
  }
}

async function tellStory(): Promise<void> {
  for (const { to, ...mail } of MAILS) {
    await post(`${ready.mailgun_url}/sandbox/receive`, { ...mail, to: [`${to}@postroom.test`] });
    await threadOf(mail.subject);
  }
  const { id, kind } = await threadOf(STORY);
  const thread = `${api}/${kind}s/${id}`;
  const messages = `${thread}/messages`;
  const dana = ready.people.find(({ name }) => name === 'Dana')!;
  await post(thread, { agent_id: dana.user_id, priority: 'high', tags: ['order 4711', 'warranty'] }, 'PATCH');
  await post(messages, { note: true, text: 'The third cracked shade this week: I have told the warehouse.' });
  await post(messages, {
    text: 'Dear Ann,\n\nI am sorry. A new lamp leaves our warehouse today, and is with you on Thursday.\n\nDana',
    undo_seconds: 0,
  });
}

async function takePicture(browser: Browser, colorScheme: 'light' | 'dark'): Promise<void> {
  const page = await browser.newPage({
    viewport: { width: 1440, height: 900 },
    deviceScaleFactor: 1.5,
    colorScheme,
  });
  await page.goto(ready.dashboard_url);
  await page.getByRole('button', { name: 'Sign in as Dana' }).click();
  await page.getByRole('option', { name: new RegExp(STORY) }).click();
  // It was read: it is folded to a line.
  await page.getByRole('article').first().getByRole('button').first().click();
  await page.getByRole('article').first().frameLocator('iframe').getByText('cracked').waitFor();
  await page.getByText('Delivered').first().waitFor();
  await page.getByRole('button', { name: 'Reply', exact: true }).first().waitFor();
  const file = path.join(import.meta.dirname, '../docs', `dashboard-${colorScheme}.png`);
  await page.screenshot({ path: file });
  console.log(file);
  await page.close();
}

await tellStory();
const browser = await launchChromium({ cacheDir: loadConfig().cacheDir, env: environment() });
for (const colorScheme of ['light', 'dark'] as const) await takePicture(browser, colorScheme);
await browser.close();
