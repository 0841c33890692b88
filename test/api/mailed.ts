import { readFile } from 'node:fs/promises';
import { pino } from 'pino';
import { sendAccessMails } from '../../src/core/access/sendAccessMails.ts';
import type { SendResult } from '../../src/infra/providers/outbound.ts';
import type { World } from './world.ts';

/** Sends the mails about accounts that are due, with a provider that answers as given. */
export async function mailed(
  { models, storage, url }: World,
  answer: SendResult = { result: 'accepted' },
): Promise<{ to: string; text: string }[]> {
  const sent: { to: string; text: string }[] = [];
  const outbound = {
    send: async ({ recipients, mimeFile }: { recipients: string[]; mimeFile: string }) => {
      const text = (await readFile(mimeFile, 'utf8')).replace(/=\r\n/g, '').replaceAll('=3D', '=');
      sent.push({ to: recipients.join(), text });
      return answer;
    },
  };
  const deps = {
    models,
    storage,
    publicUrl: url,
    platformDomain: 'postroom.test',
    log: pino({ level: 'silent' }),
  };
  await sendAccessMails({ ...deps, outbound: outbound as never }, new AbortController().signal);
  return sent;
}
