import { z } from 'zod';
import type { MessageRow, Models } from '../../infra/models/index.ts';
import type { Address } from '../../mail/addresses.ts';
import { answerTo, isSameAddress } from '../../mail/answerTo.ts';
import { formSenderLists, offeredFormSender, type FormSenderOffer } from '../replies/formSendersOf.ts';
import { ownAddresses } from '../replies/ownAddresses.ts';
import { MailAddress } from './schemas.ts';

export const FormSenderOffered = z
  .object({ workspace_email_id: z.string(), domain: z.string() })
  .nullable()
  .meta({
    description:
      'From may be a form service. Where an owner adds this domain to `form_senders` of this address, Reply-To ' +
      'counts.',
  });

/** Fields of a message that say to whom an answer to it goes. */
export const answerFields = {
  answers_to: z.array(MailAddress).meta({
    description:
      'Of mail that came in: to whom an answer goes by default. Reply-To where it counts, else the sender.',
  }),
  answers_elsewhere: z.boolean().meta({ description: 'That is somebody else than From.' }),
  reply_choices: z.array(MailAddress).meta({
    description: 'Addresses in Reply-To that do not count, because nothing proves that From means them.',
  }),
  form_sender: FormSenderOffered,
};

export interface Answers {
  answers_to: Address[];
  answers_elsewhere: boolean;
  reply_choices: Address[];
  form_sender: FormSenderOffer | null;
}
const NONE: Answers = { answers_to: [], answers_elsewhere: false, reply_choices: [], form_sender: null };

/** Of messages of one workspace. */
export async function answersTo(models: Models, rows: MessageRow[]): Promise<(row: MessageRow) => Answers> {
  const [first] = rows.filter(({ direction, reply_to }) => direction === 'inbound' && reply_to.length > 0);
  const isOurs = first ? await ownAddresses(models, first.workspace_id) : () => false;
  const lists = await formSenderLists(models, rows);
  return (row) => {
    if (row.direction !== 'inbound') return NONE;
    const { workspace_email_id } = row;
    const address = { workspace_email_id, form_senders: lists.get(workspace_email_id) ?? [] };
    const { to, choices } = answerTo(row, address.form_senders, isOurs);
    return {
      answers_to: to,
      answers_elsewhere: to.some(({ email }) => !isSameAddress(email, row.from.email)),
      reply_choices: choices,
      form_sender: offeredFormSender(row, address, isOurs),
    };
  };
}
