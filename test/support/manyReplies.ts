import type { OutboundMessageRow } from '../../src/infra/models/index.ts';
import type { MessageState } from '../../src/infra/models/outbound.ts';
import type { SendCall } from '../../dev/mailgun/outbound/types.ts';
import type { Stack } from './stack.ts';
import { faultOf } from '../../src/lib/faultOf.ts';
import { until } from './until.ts';

/** Longer than an engine is away in any test; the rest is for a slow machine. */
const INSIST_MS = 240_000;

export type SentRow = OutboundMessageRow;

/** How often the provider accepted each Message-Id for each recipient: `<id> to ann@client.test` -> 1. */
function timesAccepted(sends: readonly SendCall[]): Map<string, number> {
  const times = new Map<string, number>();
  for (const { accepted, messageId, recipients } of sends) {
    for (const recipient of accepted ? recipients : []) {
      const key = `${messageId} to ${recipient}`;
      times.set(key, (times.get(key) ?? 0) + 1);
    }
  }
  return times;
}

/** Each of these replies has one recipient, who received it exactly once. */
export function expectSentOnce(stack: Stack, rows: SentRow[]): void {
  const wanted = rows.map((row) => `${row.message_id} to ${row.to[0]?.email.toLowerCase()}`).sort();
  const ids = new Set<string | null>(rows.map((row) => row.message_id));
  const accepted = timesAccepted(stack.sandbox.sends.filter(({ messageId }) => ids.has(messageId)));
  expect([...accepted].filter(([, times]) => times !== 1)).toEqual([]);
  expect([...accepted.keys()].sort()).toEqual(wanted);
}

/**
 * Waits until each of these replies is in one of these states.
 * @throws with the states and reasons that are left.
 */
export async function allInState(
  stack: Stack,
  ids: readonly string[],
  states: MessageState[],
  withinMs: number,
): Promise<SentRow[]> {
  let rows: SentRow[] = [];
  const look = async () => {
    rows = await stack.models.Message.find({ _id: { $in: ids } }).lean<SentRow[]>();
    return rows.length === ids.length && rows.every(({ state }) => states.includes(state)) && rows;
  };
  const what = `${ids.length} replies to be ${states.join(' or ')}`;
  return until(what, look, withinMs).catch((error: unknown) => {
    const left = rows.filter(({ state }) => !states.includes(state));
    const why = left.map(({ _id, state, outbound: o }) => `${_id} ${state} ${o.attempt} ${o.reason}`);
    throw new Error(`${(error as Error).message}; left ${left.length}: ${why.slice(0, 10).join('; ')}`);
  });
}

/** Calls `act` for each item, `width` at a time. @returns the results, in the order of the list */
export async function mapWide<T, R>(
  list: readonly T[],
  width: number,
  act: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const left = [...list.entries()];
  const work = async () => {
    for (let next = left.shift(); next; next = left.shift()) results[next[0]] = await act(next[1]);
  };
  await Promise.all(Array.from({ length: width }, work));
  return results;
}

/**
 * Posts a reply until the API answers, always with the same Idempotency-Key: web may be killed, or its
 * database away.
 * @returns the message's id
 */
export const insistOn = (stack: Stack, path: string, key: string, body: object): Promise<string> =>
  insist(`the request ${key}`, () =>
    stack.request(
      'POST',
      `${path}/messages`,
      { undo_seconds: 0, ...body },
      { headers: { 'Idempotency-Key': key } },
    ),
  );

/** Uploads a file until the API answers: each try makes a file. @returns the id of the last */
export const insistOnUpload = (stack: Stack, filename: string, bytes: Buffer): Promise<string> =>
  insist(`the upload of ${filename}`, () => {
    const form = new FormData();
    form.append('file', new Blob([new Uint8Array(bytes)]), filename);
    return stack.request('POST', 'attachments', form);
  });

const insist = (what: string, ask: () => Promise<Response>): Promise<string> => {
  let last = 'no answer';
  return until(
    `${what} to be accepted`,
    async () => {
      const answer = await ask().catch((error: unknown) => {
        last = faultOf(error);
        return null;
      });
      if (answer === null) return null;
      last = String(answer.status);
      if (answer.status === 503) return null;
      // The body of the answer may still break off.
      const body = await answer.text().catch(() => null);
      if (body === null) return null;
      if (!answer.ok) throw new Error(`${what}: ${answer.status} ${body}`);
      return (JSON.parse(body) as { id: string }).id;
    },
    INSIST_MS,
  ).catch((error: unknown) => {
    throw new Error(`${(error as Error).message}; at last: ${last}`);
  });
};
