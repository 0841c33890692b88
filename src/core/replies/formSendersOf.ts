import type { MessageRow, Models, WorkspaceEmailRow } from '../../infra/models/index.ts';
import { domainPart, normaliseAddress } from '../../mail/addresses.ts';
import { answerTo, type Answerable } from '../../mail/answerTo.ts';
import { formSender } from '../../mail/formSenders.ts';
import type { IsOurs } from './ownAddresses.ts';

/** An address, and the form services that it lists. */
interface FormSenders {
  workspace_email_id: string | null;
  form_senders: string[];
}

/** A domain that may be a form service, and the address that would list it. */
export interface FormSenderOffer {
  workspace_email_id: string;
  domain: string;
}

type Received = Pick<MessageRow, 'workspace_id' | 'workspace_email_id' | 'direction' | 'reply_to'> &
  Pick<Answerable, 'authentication'>;

/** Only in a proved mail with a Reply-To a list of form services makes a difference. */
const mayBeForm = ({ direction, reply_to, authentication }: Received): boolean =>
  direction === 'inbound' && reply_to.length > 0 && authentication?.verdict === 'pass';

/** The form services that the address lists which received a mail. */
export async function formSendersOf(models: Models, message: Received): Promise<FormSenders> {
  const lists = await formSenderLists(models, [message]);
  const { workspace_email_id } = message;
  return { workspace_email_id, form_senders: lists.get(workspace_email_id ?? '') ?? [] };
}

/** The lists of the addresses that received these mails of one workspace, by the id of the address. */
export async function formSenderLists(
  models: Models,
  messages: Received[],
): Promise<ReadonlyMap<string, string[]>> {
  const mails = messages.filter(mayBeForm);
  const [first] = mails;
  if (!first) return new Map();
  const ids = [...new Set(mails.flatMap(({ workspace_email_id }) => workspace_email_id ?? []))];
  const rows = await models.WorkspaceEmail.find(
    { _id: { $in: ids }, workspace_id: first.workspace_id },
    { form_senders: 1 },
  ).lean<Pick<WorkspaceEmailRow, '_id' | 'form_senders'>[]>();
  return new Map(rows.map(({ _id, form_senders = [] }) => [_id, form_senders]));
}

/**
 * The domain that an owner may list, so that answers to such mail go to the person in its Reply-To. Null: Reply-To is
 * followed already, the mail is not proved, or From is one of our own addresses.
 */
export function offeredFormSender(
  message: Received & Answerable,
  { workspace_email_id, form_senders }: FormSenders,
  isOurs: IsOurs,
): FormSenderOffer | null {
  const { from, sender_reason } = message;
  const address = normaliseAddress(from.email);
  if (!mayBeForm(message) || sender_reason === 'unproved' || address === null || isOurs(from)) return null;
  const { choices } = answerTo(message, form_senders, isOurs);
  const domain = formSender(domainPart(address));
  if (choices.length === 0 || domain === null || workspace_email_id === null) return null;
  return { workspace_email_id, domain };
}
