import pino from 'pino';
import { createMailActivities, type MailActivities } from '../../activities/index.ts';
import type { Deps } from '../../activities/deps.ts';
import type { InboundEmailRow, MessageRow, Models, WorkspaceEmailRow } from '../../src/infra/models/index.ts';
import type { StoredMail } from '../../src/mail/storedMail.ts';
import { newId } from '../../src/lib/ids.ts';
import { activityEnvironment } from './activityEnvironment.ts';
import { freshModels } from './mongodb.ts';

/**
 * A workspace with addresses, and the steps of the workflow on a real database, without Temporal or the
 * parser.
 */
export interface House {
  models: Models;
  steps: MailActivities;
  emails: Record<'support' | 'billing' | 'hello' | 'dana' | 'erik', WorkspaceEmailRow>;
  forwarding: string;
  addEmail(address: string, change?: Partial<WorkspaceEmailRow>): Promise<WorkspaceEmailRow>;
  /** Stores a parsed mail and takes it through the steps, as the workflow does. */
  receive(mail: Mail): Promise<Received>;
  close(): Promise<void>;
}

export interface Mail extends Partial<Omit<StoredMail, 'from' | 'to' | 'cc' | 'reply_to'>> {
  recipient?: string;
  from?: string;
  to?: string[];
  cc?: string[];
  reply_to?: string[];
  received_at?: Date;
}

export interface Received {
  row: InboundEmailRow;
  /** Messages that the mail became or joined, in the order of its row. */
  messages: MessageRow[];
  /** Ids of their threads. */
  threads: string[];
}

export const WORKSPACE = 'w1';
export const STRANGER_WORKSPACE = 'w2';

export async function newHouse(): Promise<House> {
  const models = await freshModels();
  const steps = createMailActivities({
    models,
    wake: async () => undefined,
    log: pino({ level: 'silent' }),
  } as unknown as Deps);
  await models.Workspace.create([
    { _id: WORKSPACE, name: 'One', created_at: new Date() },
    { _id: STRANGER_WORKSPACE, name: 'Two', created_at: new Date() },
  ]);
  let age = 0;
  const addEmail = async (address: string, change: Partial<WorkspaceEmailRow> = {}) => {
    age += 1;
    const created_at = new Date(Date.UTC(2026, 0, 1, 0, age));
    return addWorkspaceEmail(models, WORKSPACE, address, { created_at, ...change });
  };
  const emails = {
    support: await addEmail('support@acme.test'),
    billing: await addEmail('billing@acme.test'),
    hello: await addEmail('hello@acme.test', { purpose: 'inbox' }),
    dana: await addEmail('dana@acme.test', { purpose: 'inbox', user_id: 'dana' }),
    erik: await addEmail('erik@acme.test', { purpose: 'inbox', user_id: 'erik' }),
  };
  const forwarding = 'fwd-9f2c@postroom.test';
  await models.ForwardingAddress.create({
    _id: newId(),
    workspace_id: WORKSPACE,
    address: forwarding,
    workspace_email_id: emails.support._id,
    created_at: new Date(),
  });

  return {
    models,
    steps,
    emails,
    forwarding,
    addEmail,
    receive: (mail) => receive(models, steps, mail),
    close: () => models.connection.close(),
  };
}

/** Adds an address, by default proved and receiving tickets. */
export async function addWorkspaceEmail(
  models: Models,
  workspaceId: string,
  address: string,
  change: Partial<WorkspaceEmailRow> = {},
): Promise<WorkspaceEmailRow> {
  const email: WorkspaceEmailRow = {
    _id: newId(),
    workspace_id: workspaceId,
    address,
    display_name: '',
    purpose: 'ticket',
    user_id: null,
    team_id: null,
    kind: 'platform',
    proved_at: new Date(),
    can_receive: true,
    can_send: true,
    receive_off: false,
    send_off: false,
    active: true,
    expired_at: null,
    taken: false,
    shared_forwarding_id: null,
    user_changed_at: null,
    deleted_at: null,
    created_at: new Date(),
    ...change,
  };
  await models.WorkspaceEmail.create(email);
  return email;
}

/** A reply of ours to this message, sent from that address. */
export async function addSent(
  { Message }: Models,
  to: MessageRow,
  messageId: string,
  from: string,
): Promise<void> {
  await Message.create({
    ...to,
    _id: `out-${messageId}`,
    direction: 'outbound',
    state: 'sent',
    from: { email: from, name: '' },
    sender: { email: from, name: '' },
    to: [to.sender],
    people: [from, to.sender.email],
    sending_email: from,
    message_id: messageId,
    inbound_email_id: null,
    opens: false,
    copies: [],
  } as MessageRow);
}

const UNKNOWN = { spf: 'unknown', dkim: 'unknown', spam: 'unknown', spamScore: null } as const;
/** Verdicts that make a mail `pass` (its envelope sender is its From), `fail` or `none`. */
export const VERDICTS = {
  pass: { ...UNKNOWN, spf: 'pass' },
  fail: { ...UNKNOWN, spf: 'fail' },
  none: UNKNOWN,
} as const;

const people = (list: string[] = []) => list.map((email) => ({ email, name: '' }));

export async function storeMail(models: Models, mail: Mail): Promise<InboundEmailRow> {
  const {
    recipient,
    from = 'ann@client.test',
    to = ['support@acme.test'],
    cc,
    reply_to,
    received_at,
    ...rest
  } = mail;
  const at = received_at ?? new Date();
  const stored: StoredMail = {
    envelope_from: from,
    headers: [],
    message_id: `<${newId()}@client.test>`,
    in_reply_to: [],
    references: [],
    from: { email: from, name: '' },
    reply_to: people(reply_to),
    to: people(to),
    cc: people(cc),
    subject: 'A question',
    date: new Date('2026-11-23T10:00:00Z'),
    text: 'Could you please tell me when my order will arrive?',
    html: null,
    shown_cids: [],
    files: [],
    verdicts: VERDICTS.none,
    report: null,
    cut: [],
    ...rest,
  };
  const row: InboundEmailRow = {
    _id: newId(),
    workspace_id: null,
    audiences: [],
    provider: 'mailgun',
    recipient: recipient ?? to[0] ?? '',
    key: `mailgun-incoming/2026/11/23/${newId()}.json`,
    state: 'received',
    reason: null,
    stuck_since: null,
    run: 1,
    raw: null,
    raw_deleted_at: null,
    held_for: [],
    repeats: [],
    mail: stored,
    targets: [],
    sender: null,
    auto_reply: false,
    list_mail: false,
    spam: false,
    about_message_id: null,
    classified_by: null,
    routes: null,
    message_ids: [],
    ticket_id: null,
    conversation_id: null,
    received_at: at,
    created_at: at,
    updated_at: at,
    routed_at: null,
  };
  await models.InboundEmail.create(row);
  return row;
}

/** Runs a step as a worker would, outside Temporal. */
export function runStep<Args extends unknown[], R>(
  step: (...args: Args) => Promise<R>,
  ...args: Args
): Promise<R> {
  return activityEnvironment().run<Args, R, typeof step>(step, ...args);
}

/** The steps after `archiveEmail`, in the workflow's order; the row says when a mail was skipped or held. */
export async function takeThrough(
  models: Models,
  steps: MailActivities,
  row: InboundEmailRow,
): Promise<Received> {
  const mail = { id: row._id, key: row.key, run: row.run };
  const end = async (state: string, reason: string) =>
    models.InboundEmail.updateOne({ _id: row._id }, { $set: { state, reason } });

  const recipients = await runStep(steps.resolveForwarding, mail);
  if (recipients.verdict === 'skip') await end('skipped', recipients.reason);
  else if (recipients.verdict === 'hold') await end('held', recipients.reason);
  else {
    const kind = await runStep(steps.classifyEmail, mail);
    if (kind.verdict === 'skip') await end('skipped', kind.reason);
    else {
      const route = await runStep(steps.routeEmail, mail);
      if (route.verdict === 'skip') await end('skipped', route.reason);
      else {
        await runStep(steps.matchContact, mail);
        await runStep(steps.recordMessage, mail);
      }
    }
  }
  return readReceived(models, row._id);
}

async function readReceived(models: Models, id: string): Promise<Received> {
  const row = await models.InboundEmail.findById(id).orFail().lean<InboundEmailRow>();
  const unordered = await models.Message.find({ _id: { $in: row.message_ids } }).lean<MessageRow[]>();
  const messages = row.message_ids.map(
    (mid) => unordered.find((message) => message._id === mid) as MessageRow,
  );
  return { row, messages, threads: messages.map((message) => message.thread_id) };
}

async function receive(models: Models, steps: MailActivities, mail: Mail): Promise<Received> {
  return takeThrough(models, steps, await storeMail(models, mail));
}
