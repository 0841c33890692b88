import type { Models, WorkspaceEmailRow } from '../src/models/index.ts';
import type { StoredMail, Target } from '../src/models/inboundEmail.ts';
import { audienceOf, isReceivable } from '../src/threads/audiences.ts';
import { normaliseAddress, withoutTag } from '../src/email/addresses.ts';
import { originalSender, traceAddresses } from '../src/email/forwarding.ts';
import type { InboundRun } from '../workflows/types.ts';
import type { Deps } from './deps.ts';
import { readRow, writeRow } from './row.ts';

export type Recipients =
  { verdict: 'accept' } | { verdict: 'skip'; reason: string } | { verdict: 'hold'; reason: string };

/** Which workspace emails the mail is for, and who really sent it (design: "For whom", "From whom"). */
export async function resolveForwarding(deps: Deps, mail: InboundRun): Promise<Recipients> {
  const row = await readRow(deps, mail);
  if (row.targets.length > 0) return { verdict: 'accept' };
  const stored = row.mail as StoredMail;
  const receiver = await findReceiver(deps.models, row.recipient);
  if (!receiver) return { verdict: 'skip', reason: 'unknown recipient' };

  const { workspaceId } = receiver;
  const [emails, forwarding] = await Promise.all([
    deps.models.WorkspaceEmail.find({ workspace_id: workspaceId })
      .sort({ created_at: 1 })
      .lean<WorkspaceEmailRow[]>(),
    deps.models.ForwardingAddress.find({ workspace_id: workspaceId }, { address: 1 }).lean(),
  ]);
  const found = receiver.forwarding
    ? behindForwarding(emails, receiver.parentId, stored)
    : chooseAmong(
        emails.filter((email) => email._id === receiver.emailId),
        [],
      );

  const change = {
    workspace_id: workspaceId,
    audiences: [...new Set(found.named.map(audienceOf))],
    sender: senderOf([...emails, ...forwarding], stored),
    targets: found.targets,
  };
  await writeRow(deps, mail, ['received'], change);
  return found.verdict;
}

/** Who receives for this recipient: the exact address first, then the one without its tag. */
async function findReceiver(
  models: Models,
  recipient: string,
): Promise<
  | { workspaceId: string; forwarding: false; emailId: string }
  | { workspaceId: string; forwarding: true; parentId: string }
  | null
> {
  for (const address of spellings(recipient)) {
    const [emails, forwarding] = await Promise.all([
      models.WorkspaceEmail.find({ address }).sort({ created_at: -1 }).lean<WorkspaceEmailRow[]>(),
      models.ForwardingAddress.findOne({ address }).lean(),
    ]);
    const email = emails.find(isReceivable) ?? emails.find((e) => e.deleted_at === null) ?? emails[0];
    if (email) return { workspaceId: email.workspace_id, forwarding: false, emailId: email._id };
    if (forwarding) {
      const { workspace_id: workspaceId, workspace_email_id: parentId } = forwarding;
      return { workspaceId, forwarding: true, parentId };
    }
  }
  return null;
}

function spellings(address: string): string[] {
  const exact = normaliseAddress(address);
  const untagged = exact && withoutTag(exact);
  return [exact, untagged].filter((spelling) => spelling !== null);
}

interface Choice {
  verdict: Recipients;
  targets: Target[];
  /** Every workspace email that was named, receivable or not. */
  named: WorkspaceEmailRow[];
}

/** To, then Cc; where they name none of the workspace's addresses, this copy's trace headers; then the parent. */
function behindForwarding(emails: WorkspaceEmailRow[], parentId: string, mail: StoredMail): Choice {
  const traced = named(emails, traceAddresses(mail.headers));
  const tracedIds = traced.filter(isReceivable).map((email) => email._id);
  const written = named(
    emails,
    [...mail.to, ...mail.cc].map((to) => to.email),
  );
  if (written.length > 0) return chooseAmong(written, tracedIds);
  if (traced.length > 0) return chooseAmong(traced, tracedIds);
  return chooseAmong(
    emails.filter((email) => email._id === parentId),
    tracedIds,
  );
}

/** The workspace's emails that these addresses name, in their order. */
function named(emails: WorkspaceEmailRow[], addresses: string[]): WorkspaceEmailRow[] {
  const found = addresses.flatMap((address) => {
    for (const spelling of spellings(address)) {
      const same = emails.filter((email) => email.address === spelling);
      const best = same.find(isReceivable) ?? same.find((e) => e.deleted_at === null) ?? same[0];
      if (best) return [best];
    }
    return [];
  });
  return [...new Set(found)];
}

/**
 * Receivable ones get the mail, the first of each audience. Only others named: not yet proved -> held; switched off or
 * deleted -> it may still be an answer to a message of ours, so `routeEmail` decides.
 */
function chooseAmong(emails: WorkspaceEmailRow[], traced: string[]): Choice {
  const receivable = emails.filter(isReceivable);
  const candidates = receivable.length > 0 ? receivable : emails;
  const targets = onePerAudience(candidates).map((email) => ({
    workspace_email_id: email._id,
    address: email.address,
    audience: audienceOf(email),
    traced,
    unreceivable: isReceivable(email) ? null : whyNot(email),
  }));
  const base = { named: emails, targets };
  if (receivable.length > 0) return { ...base, verdict: { verdict: 'accept' } };
  if (emails.some(isUnproved))
    return { ...base, targets: [], verdict: { verdict: 'hold', reason: 'unproved address' } };
  if (emails.length === 0) return { ...base, verdict: { verdict: 'skip', reason: 'unknown recipient' } };
  return { ...base, verdict: { verdict: 'accept' } };
}

function onePerAudience(emails: WorkspaceEmailRow[]): WorkspaceEmailRow[] {
  return emails.filter((email, i) => emails.findIndex((e) => audienceOf(e) === audienceOf(email)) === i);
}

const isUnproved = (email: WorkspaceEmailRow): boolean =>
  email.proved_at === null && email.active && email.deleted_at === null;

function whyNot(email: WorkspaceEmailRow): string {
  if (email.deleted_at) return 'deleted address';
  return email.active ? 'address does not receive' : 'inactive address';
}

function senderOf(
  addresses: { address: string }[],
  mail: StoredMail,
): { email: string; name: string; proved: boolean } {
  const ours = new Set(addresses.map((row) => row.address));
  const isOurs = (address: string) => spellings(address).some((spelling) => ours.has(spelling));
  const { sender, proved } = originalSender(mail, isOurs);
  return { email: sender.email, name: sender.name, proved };
}
