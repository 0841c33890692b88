import { once } from 'node:events';
import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { multipart, percentEncoded, urlencoded, type Body } from '../dev/mailgun/body.ts';
import { fileFields, signatureFields, storedFields } from '../dev/mailgun/fields.ts';
import { sign } from '../dev/mailgun/signature.ts';
import { newId } from '../src/lib/ids.ts';
import { SIGNING_KEY } from '../test/support/stack.ts';
import { closeLater } from './cleanUp.ts';
import { atOnce, INBOUND, mailFields, postMaker, send } from './posts.ts';
import { figure, say, type Line, type Section } from './report.ts';
import { newStack } from './stack.ts';

const MAILS = 50;
/** Mailgun's limit: the file in one form, the whole mail in the other. */
const BYTES = 25 * 1024 * 1024;
const MiB = 1024 * 1024;
const AIM_MIB = 300;

/** One of the forms in which Mailgun posts mail: its path, and new signed bodies. */
interface Form {
  name: string;
  url: string;
  body(): Body;
}

/** Memory of web while many of the largest mails arrive at once, in each form. */
export async function measureMemory(): Promise<Section> {
  const title = `Memory of web, ${MAILS} mails of ${BYTES / MiB} MB at once`;
  if (!existsSync('/proc/self/clear_refs'))
    return { title, lines: [], notes: ['Not measured: it needs Linux (/proc).'] };
  const folder = await mkdtemp(path.join(os.tmpdir(), 'postroom-large-'));
  const remove = closeLater(() => rm(folder, { recursive: true, force: true }));
  const lines: Line[] = [];
  for (const form of await forms(folder)) lines.push(await measureForm(form));
  await remove();
  return {
    title,
    lines,
    notes: [
      `Peak (VmHWM) over idle (VmRSS after ${WARM_UP} small mails); the ratio compares it with the aim, ${AIM_MIB} MiB.`,
      'The last form contains no file: the worker fetches its links later.',
    ],
  };
}

const WARM_UP = 200;

/** Measures one form with a web process of its own, and without a worker: web only accepts posts. */
async function measureForm(form: Form): Promise<Line> {
  const stack = await newStack({ processes: ['web'] });
  const nextPost = postMaker();
  await atOnce(WARM_UP, 8, () => send(stack.webUrl, nextPost()));
  await sleep(1_000);
  const pid = stack.pid('web')!;
  // Resets the peak, which its start has raised.
  await writeFile(`/proc/${pid}/clear_refs`, '5');
  const idle = await memoryOf(pid, 'VmRSS');
  const from = performance.now();
  await Promise.all(Array.from({ length: MAILS }, () => post(stack.webUrl + form.url, form.body())));
  const seconds = (performance.now() - from) / 1000;
  const peak = await memoryOf(pid, 'VmHWM');
  await stack.close();
  say(`memory ${form.name}: ${figure(peak)} MiB, idle ${figure(idle)} MiB, in ${figure(seconds)} s`);
  return {
    what: form.name,
    ours: `${figure(peak - idle)} MiB over ${figure(idle)} idle, in ${figure(seconds)} s`,
    ratio: (peak - idle) / AIM_MIB,
    aim: { atMost: 1 },
  };
}

async function forms(folder: string): Promise<Form[]> {
  const file = path.join(folder, 'file');
  await writeFile(file, randomBytes(BYTES));
  const files = [
    { file, size: BYTES, filename: 'scan.pdf', contentType: 'application/pdf', contentId: null },
  ];
  const mime = { file: path.join(folder, 'mime'), size: 0 };
  await pipeline(percentEncoded(rawMail(file)), createWriteStream(mime.file));
  mime.size = (await stat(mime.file)).size;

  const fields = () => mailFields(newId(), 'ann');
  const signature = () => signatureFields(sign(SIGNING_KEY));
  const links = storedFields(
    files,
    'https://storage.eu.mailgun.net/v3/domains/postroom.test/messages/k',
    'postroom.test',
  );
  return [
    {
      name: 'forward (multipart)',
      url: INBOUND,
      body: () => multipart([...fields(), ...fileFields(files), ...signature()], files),
    },
    {
      name: 'raw MIME (urlencoded)',
      url: `${INBOUND}/mime`,
      body: () => urlencoded([...fields(), ...signature()], mime),
    },
    {
      name: 'store (links)',
      url: INBOUND,
      body: () => multipart([...fields(), ...links, ...signature()], []),
    },
  ];
}

/** A raw mail of `BYTES` bytes with one file in base64. */
async function* rawMail(file: string): AsyncGenerator<Buffer> {
  const head = Buffer.from(
    'From: Ann Lee <ann@client.test>\r\nTo: support@postroom.test\r\nSubject: A scan\r\nMime-Version: 1.0\r\n' +
      'Content-Type: application/pdf; name="scan.pdf"\r\nContent-Transfer-Encoding: base64\r\n\r\n',
  );
  yield head;
  let left = BYTES - head.length;
  // 57 bytes are a line of 76 characters.
  for await (const chunk of createReadStream(file, { highWaterMark: 57 * 1000 })) {
    const text = (chunk as Buffer).toString('base64').replace(/.{1,76}/g, '$&\r\n');
    yield Buffer.from(text.slice(0, left));
    left -= text.length;
    if (left <= 0) return;
  }
}

/** @throws when it is not acknowledged */
async function post(url: string, body: Body): Promise<void> {
  const request = http.request(url, {
    method: 'POST',
    agent: false,
    headers: { 'Content-Type': body.contentType, 'Content-Length': body.length },
  });
  const answered = once(request, 'response') as Promise<[http.IncomingMessage]>;
  await Promise.all([pipeline(body.stream(), request), answered]);
  const [answer] = await answered;
  answer.resume();
  if (answer.statusCode !== 200) throw new Error(`a large post was answered ${answer.statusCode}`);
}

/** MiB, from Linux' account of a process. */
export async function memoryOf(pid: number, what: 'VmRSS' | 'VmHWM'): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`^${what}:\\s+(\\d+) kB`, 'm').exec(status)![1]) / 1024;
}
