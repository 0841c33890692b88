import { setTimeout as sleep } from 'node:timers/promises';
import { note } from '../support/note.ts';
import { allInState, expectSentOnce, insistOn, insistOnUpload, mapWide } from '../support/manyReplies.ts';
import { mailIn, opened } from '../support/outgoing.ts';
import { seededRandom } from '../support/random.ts';
import { SOAK, sized } from '../support/size.ts';
import { startStack, type Stack } from '../support/stack.ts';

/** SEED repeats a run. */
const REPLIES = sized(200);
const SEED = Number(process.env.SEED ?? Date.now() % 1_000_000);
const random = seededRandom(SEED);

/** Events appear well before it counts that they did not, also when everything takes five times as long. */
const WAITS = { MAILGUN_TIMEOUT_MS: '3000', REPLY_RETRY_MS: '300', REPLY_SETTLE_MS: '20000' };
const SETTLED_WITHIN_MS = 600_000 + REPLIES * 300;
const WIDTH = 4;
const FILE = Buffer.from('a line of the file\n'.repeat(5_000));

let stack: Stack;
let path: string;
beforeAll(async () => {
  note(`SEED=${SEED}, ${REPLIES} replies`);
  stack = await startStack({ env: WAITS, sandbox: { eventsDelayMs: 1_500, retrySpeed: 600 } });
  ({ path } = await mailIn(stack));
});
afterAll(() => stack.close());

/**
 * Progress so far, by which the next kill is timed: in the middle of the work, however fast or slow the
 * machine is.
 */
const progress = { worker: () => stack.sandbox.sends.length, web: () => answered };
let answered = 0;

/**
 * Asks for a reply, perhaps with a file, perhaps for later: under its key, until it is answered.
 * @returns the message's id
 */
async function ask(key: string): Promise<string> {
  const file = random() < 0.2 ? { attachments: [await insistOnUpload(stack, 'file.txt', FILE)] } : {};
  const when = random() < 0.2 ? { undo_seconds: 1 + Math.floor(random() * 8) } : {};
  const id = await insistOn(stack, path, key, {
    text: `This is ${key}.`,
    to: [`${key}@client.test`],
    cc: [],
    ...file,
    ...when,
  });
  answered++;
  return id;
}

/**
 * Kills a process at random moments, `every` steps apart on average, and starts it again, until aborted.
 * @returns how often
 */
async function killAtRandom(name: 'web' | 'worker', every: number, signal: AbortSignal): Promise<number> {
  for (let kills = 0; ; kills++) {
    const next = progress[name]() + 1 + random() * 2 * every;
    while (progress[name]() < next && !signal.aborted) await sleep(20);
    if (signal.aborted) return kills;
    await sleep(random() * 100);
    await stack.stop(name, 'SIGKILL');
    await (name === 'web' ? stack.startWeb() : stack.startWorker());
  }
}

test.each([
  ['worker', REPLIES, SOAK ? 40 : 6],
  ['web', Math.ceil(REPLIES / 2), SOAK ? 15 : 4],
] as const)(
  '%s killed at random moments of %d replies: each is sent once, all are settled',
  async (name, count, every) => {
    const keys = Array.from({ length: count }, (_, n) => `${name}-${n}`);
    const ended = new AbortController();
    const killing = killAtRandom(name, every, ended.signal);
    const ids = await mapWide(keys, WIDTH, ask);
    expect(new Set(ids).size).toBe(count);
    const rows = await allInState(stack, ids, ['sent', 'delivered'], SETTLED_WITHIN_MS);
    ended.abort();
    const kills = await killing;
    note(`${name} was killed ${kills} times`);
    expect(kills).toBeGreaterThan(0);
    expectSentOnce(stack, rows);
    // Each is the mail that was asked for, with its file.
    const outbox = new Map(stack.sandbox.outbox.map((mail) => [mail.messageId, mail]));
    for (const row of rows) {
      const files = await stack.models.Attachment.countDocuments({ message_id: row._id });
      const { mailparser } = await opened(outbox.get(row.message_id)!);
      expect(mailparser.text?.trim()).toBe(row.text);
      expect(mailparser.attachments.map(({ content }) => content.equals(FILE))).toEqual(
        Array(files).fill(true),
      );
    }
  },
  2 * SETTLED_WITHIN_MS,
);
