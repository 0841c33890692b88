import type { MessageRow } from '../src/infra/models/index.ts';
import type { Stack } from '../test/support/stack.ts';
import { until } from '../test/support/until.ts';
import { atOnce, postMaker, send } from './posts.ts';

/** Receives `count` mails, each of which opens a ticket. @returns the tickets' paths in the API */
export async function newTickets(stack: Stack, count: number): Promise<string[]> {
  const nextPost = postMaker();
  await atOnce(count, 8, () => send(stack.webUrl, nextPost()));
  const messages = await until(
    'the tickets',
    async () => {
      const rows = await stack.models.Message.find({ direction: 'inbound' }).lean<MessageRow[]>();
      return rows.length === count && rows;
    },
    120_000,
  );
  return messages.map(({ thread_id }) => `tickets/${thread_id}`);
}

/** Posts a reply. @returns its Message-Id. @throws when it is not accepted */
export async function postReply(stack: Stack, path: string, more: object): Promise<string> {
  const answer = await stack.request('POST', `${path}/messages`, { text: TEXT, ...more });
  const body = (await answer.json()) as { message_id: string; detail?: string };
  if (answer.status !== 202) throw new Error(`a reply was answered ${answer.status}: ${body.detail}`);
  return body.message_id;
}

const TEXT =
  'Hello Ann,\n\nI have checked your order: it left our warehouse on Friday, and the carrier has had it since then. ' +
  'The second parcel was sent with it. If they are not there by tomorrow, please write again, and we will send both once more.\n\n' +
  'Best regards\nOlive\n';
