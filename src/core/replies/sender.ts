import type { Address } from '../../mail/addresses.ts';
import type { InboundMessageRow, Models, WorkspaceEmailRow } from '../../infra/models/index.ts';
import type { ThreadRow } from '../../infra/models/thread.ts';
import { audienceOf, isReceivable } from '../threads/audiences.ts';
import { lastInbound } from './lastInbound.ts';

/** Who a message goes out as. */
export interface Sender {
  email: WorkspaceEmailRow;
  /** The address itself, or the forwarding address that speaks for it while it cannot send. */
  from: Address;
  /** Empty = answers go to From. */
  replyTo: Address[];
}

export type FoundSender = { sender: Sender } | { sender: null; reason: string };

/** The thread that a message is for; `workspace_email_id` is null for one that is not there yet. */
export type SendingThread = Pick<ThreadRow, '_id' | 'workspace_id' | 'audience'> & {
  workspace_email_id: string | null;
};

/**
 * The sending email (design: "A reply goes out", 1). Tickets: the message's, else the ticket's, else the first that can
 * send. Conversations: the agent's choice, else the address last written to.
 * @param chosen address that the agent chose, or null. @param userId of the agent.
 */
export async function findSender(
  models: Models,
  thread: SendingThread,
  chosen: string | null,
  userId: string,
): Promise<FoundSender> {
  const { workspace_id } = thread;
  const [emails, forwarding] = await Promise.all([
    models.WorkspaceEmail.find({ workspace_id, deleted_at: null })
      .sort({ created_at: 1 })
      .lean<WorkspaceEmailRow[]>(),
    models.ForwardingAddress.find({ workspace_id }).sort({ created_at: 1 }).lean(),
  ]);
  const own = emails.find((email) => email._id === thread.workspace_email_id) ?? null;
  const senderOf = (email: WorkspaceEmailRow): Sender | null => {
    // Switched off by an owner: its forwarding address does not speak for it either.
    if (!email.active || email.proved_at === null || email.send_off) return null;
    const name = email.display_name;
    const viaForwarding = forwarding.find((address) => address.workspace_email_id === email._id);
    const speaking = email.can_send ? email.address : viaForwarding?.address;
    if (speaking === undefined) return null;
    const leadsElsewhere = audienceOf(email) !== thread.audience && own !== null && isReceivable(own);
    const answersTo = leadsElsewhere ? own : email;
    const replyTo =
      answersTo.address === speaking ? [] : [{ email: answersTo.address, name: answersTo.display_name }];
    return { email, from: { email: speaking, name }, replyTo };
  };

  if (chosen !== null) {
    const email = emails.find((candidate) => candidate.address === chosen);
    if (!email || !mayUse(email, thread, userId))
      return { sender: null, reason: 'the sending address is not one that you can use here' };
    const sender = senderOf(email);
    return sender ? { sender } : { sender: null, reason: `${chosen} cannot send: ${whyNot(email)}` };
  }
  for (const email of await defaults(models, thread, emails, own)) {
    const sender = senderOf(email);
    if (sender) return { sender };
  }
  return { sender: null, reason: 'no address of the workspace can send this' };
}

/** A personal conversation is answered from its owner's addresses only; nobody sends from another's. */
function mayUse(email: WorkspaceEmailRow, thread: SendingThread, userId: string): boolean {
  if (thread.audience.startsWith('owner:')) return audienceOf(email) === thread.audience;
  return email.user_id === null || email.user_id === userId;
}

/** Addresses to try when the agent chose none, best first. */
async function defaults(
  models: Models,
  thread: SendingThread,
  emails: WorkspaceEmailRow[],
  own: WorkspaceEmailRow | null,
): Promise<WorkspaceEmailRow[]> {
  const first = own ? [own] : [];
  if (thread.audience === 'tickets') {
    const sendable = emails.filter((email) => email.can_send && email.user_id === null);
    const ofTickets = sendable.filter((email) => email.purpose === 'ticket');
    // A ticket that has an address already takes the oldest that can send; a new one belongs to a ticket address.
    return own ? [...first, ...sendable] : [...ofTickets, ...sendable];
  }
  const last: InboundMessageRow | null = await lastInbound(models, thread);
  const writtenTo = emails.filter((email) => email.address === last?.to_email);
  return [...writtenTo, ...first, ...emails.filter((email) => email.can_send)].filter(
    (email) => audienceOf(email) === thread.audience,
  );
}

function whyNot(email: WorkspaceEmailRow): string {
  if (!email.active || email.send_off) return 'it is switched off';
  return email.proved_at === null ? 'it is not proved yet' : 'it is not set up for sending yet';
}
