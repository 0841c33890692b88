import type { Address } from '../../mail/addresses.ts';
import type { ForwardingAddressRow, Models, WorkspaceEmailRow } from '../../infra/models/index.ts';
import type { ThreadRow } from '../../infra/models/thread.ts';
import { audienceOf, isClosed, isReceivable } from '../threads/audiences.ts';
import { lastInbound } from './lastInbound.ts';

/** Who a message goes out as. */
export interface Sender {
  email: WorkspaceEmailRow;
  /** The address itself, or its forwarding address while the address itself cannot send. */
  from: Address;
  /** Empty = answers go to From. */
  replyTo: Address[];
}

export type FoundSender = { sender: Sender } | { sender: null; reason: string };

/** The thread that a message is for; `workspace_email_id` is null for one that is not stored yet. */
export type SendingThread = Pick<ThreadRow, '_id' | 'workspace_id' | 'audience'> & {
  workspace_email_id: string | null;
};

/** What the rules below look at. */
interface Addresses {
  /** Of the workspace, oldest first. */
  emails: WorkspaceEmailRow[];
  forwarding: ForwardingAddressRow[];
  /** The thread's own address; null when it is deleted, or the thread is not stored yet. */
  own: WorkspaceEmailRow | null;
}

/**
 * The sending email: the agent's choice and nothing else where there is one,
 * else the first candidate that can send.
 * @param chosen address that the agent chose, or null. @param userId of the agent.
 */
export async function findSender(
  models: Models,
  thread: SendingThread,
  chosen: string | null,
  userId: string,
): Promise<FoundSender> {
  const addresses = await readAddresses(models, thread);
  if (chosen !== null) return chosenSender(addresses, thread, chosen, userId);
  for (const email of await candidates(models, thread, addresses)) {
    const sender = senderFor(email, thread, addresses);
    if (sender) return { sender };
  }
  return {
    sender: null,
    reason: 'no address of the workspace can send this; ask an owner to set one up for sending',
  };
}

async function readAddresses(
  models: Models,
  { workspace_id, workspace_email_id }: SendingThread,
): Promise<Addresses> {
  const [emails, forwarding] = await Promise.all([
    models.WorkspaceEmail.find({ workspace_id, deleted_at: null })
      .sort({ created_at: 1 })
      .lean<WorkspaceEmailRow[]>(),
    models.ForwardingAddress.find({ workspace_id }).sort({ created_at: 1 }).lean<ForwardingAddressRow[]>(),
  ]);
  return { emails, forwarding, own: emails.find((email) => email._id === workspace_email_id) ?? null };
}

function chosenSender(
  addresses: Addresses,
  thread: SendingThread,
  chosen: string,
  userId: string,
): FoundSender {
  const email = addresses.emails.find(({ address }) => address === chosen);
  if (!email || !mayUse(email, thread, userId))
    return { sender: null, reason: 'you cannot send from this address here; choose another one' };
  const sender = senderFor(email, thread, addresses);
  return sender ? { sender } : { sender: null, reason: `${chosen} cannot send: ${whyNot(email)}` };
}

/**
 * A personal conversation is answered from its owner's addresses only, and a team's thread from the team's;
 * nobody sends from another user's address, or from a team's outside its threads.
 */
function mayUse(email: WorkspaceEmailRow, thread: SendingThread, userId: string): boolean {
  if (isClosed(thread.audience)) return audienceOf(email) === thread.audience;
  if (email.team_id) return false;
  return email.user_id === null || email.user_id === userId;
}

/**
 * Addresses to try in order when the agent chose none. Tickets: the ticket's own, then the first that can
 * send, never a personal one. Conversations: the address last written to, then its own, then the first of its
 * audience that can send.
 */
async function candidates(
  models: Models,
  thread: SendingThread,
  { emails, own }: Addresses,
): Promise<WorkspaceEmailRow[]> {
  if (thread.audience === 'tickets') {
    const sendable = emails.filter((email) => email.can_send && email.user_id === null && !email.team_id);
    // A new ticket has no address of its own: it belongs to a ticket address if one can send.
    const first = own ? [own] : sendable.filter((email) => email.purpose === 'ticket');
    return [...first, ...sendable];
  }
  const last = await lastInbound(models, thread);
  const writtenTo = emails.filter((email) => email.address === last?.to_email);
  const sendable = emails.filter((email) => email.can_send);
  return [...writtenTo, ...(own ? [own] : []), ...sendable].filter(
    (email) => audienceOf(email) === thread.audience,
  );
}

/** @returns null when nothing can go out for this address. */
function senderFor(email: WorkspaceEmailRow, thread: SendingThread, addresses: Addresses): Sender | null {
  const from = fromAddress(email, addresses);
  if (from === null) return null;
  const { address, display_name } = answersTo(email, thread, addresses);
  const replyTo = address === from ? [] : [{ email: address, name: display_name }];
  return { email, from: { email: from, name: email.display_name }, replyTo };
}

/** The address itself if it can send, else its forwarding address, which is on the platform's own domain. */
function fromAddress(email: WorkspaceEmailRow, { forwarding }: Addresses): string | null {
  // An address that an owner switched off does not send through its forwarding address either.
  if (!email.active || email.proved_at === null || email.send_off) return null;
  if (email.can_send) return email.address;
  return forwarding.find((row) => row.workspace_email_id === email._id)?.address ?? null;
}

/**
 * Answers come back to this thread's audience: to its own address where the sending address belongs to
 * another audience.
 */
function answersTo(email: WorkspaceEmailRow, thread: SendingThread, { own }: Addresses): WorkspaceEmailRow {
  const leadsElsewhere = audienceOf(email) !== thread.audience;
  return leadsElsewhere && own !== null && isReceivable(own) ? own : email;
}

function whyNot(email: WorkspaceEmailRow): string {
  if (!email.active || email.send_off) return 'it is switched off';
  return email.proved_at === null ? 'it is not proved yet' : 'it is not set up for sending yet';
}
