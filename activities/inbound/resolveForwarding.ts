import {
  collectionOf,
  type ForwardingAddressRow,
  type InboundEmailRow,
  type Models,
  type WorkspaceEmailRow,
} from '../../src/infra/models/index.ts';
import type { StoredMail } from '../../src/mail/storedMail.ts';
import { UNTRACED, type Target } from '../../src/infra/models/inboundEmail.ts';
import { isForOperator } from '../../src/core/addresses/platform.ts';
import { isAwaited } from '../../src/core/addresses/proof.ts';
import { isSecretMailOfOurs } from '../../src/core/platformMail/returnedMail.ts';
import { catchAllFor } from '../../src/core/domains/catchAll.ts';
import { ownersOfDomain } from '../../src/core/domains/domainClaims.ts';
import { audienceOf, isClosed, isReceivable, kindOf } from '../../src/core/threads/audiences.ts';
import { normaliseAddress, withoutTag } from '../../src/mail/addresses.ts';
import { authenticationOf } from '../../src/mail/authentication.ts';
import { originalSender, traceAddresses } from '../../src/mail/forwarding.ts';
import type { InboundRun } from '../../src/infra/temporal/runTypes.ts';
import type { Deps } from '../deps.ts';
import { readRow, writeRow } from './inboundRow.ts';
import { RETURNED, takeSetUpMail } from './setUpMail.ts';

export type Recipients =
  { verdict: 'accept' } | { verdict: 'skip'; reason: string } | { verdict: 'hold'; reason: string };

/**
 * Decides which workspace emails the mail is for, and who really sent it.
 */
export async function resolveForwarding(deps: Deps, mail: InboundRun): Promise<Recipients> {
  const row = await readRow(deps, mail);
  if (row.targets.length > 0) return { verdict: 'accept' };
  const stored = row.mail as StoredMail;
  if (isForOperator(normaliseAddress(row.recipient) ?? '', deps.platformDomain))
    return { verdict: 'skip', reason: 'for the operator' };
  const ofAllWorkspaces = await addressesNamed(deps.models, row.recipient, stored);
  const receiver = await receiverOf(deps.models, ofAllWorkspaces, row.recipient);
  if (!receiver) return { verdict: 'skip', reason: 'unknown recipient' };

  const workspaceId = receiver.row.workspace_id;
  const isOfWorkspace = (address: { workspace_id: string }) => address.workspace_id === workspaceId;
  const emails = ofAllWorkspaces.emails.filter(isOfWorkspace);
  const forwarding = ofAllWorkspaces.forwarding.filter(isOfWorkspace);
  const choice =
    receiver.kind === 'forwarding'
      ? behindForwarding(emails, await parentOf(deps.models, receiver.row), receiver.row, row)
      : chooseAmong([receiver.row], []);

  const change = {
    workspace_id: workspaceId,
    audiences: [...new Set(choice.named.map(audienceOf))],
    sender: senderOf([...emails, ...forwarding], formSendersOf(choice), stored),
    targets: choice.targets,
    held_for: choice.verdict.verdict === 'hold' ? choice.named.filter(isAwaited).map(({ _id }) => _id) : [],
  };
  const isSecret = await isSecretMailOfOurs(deps.models, stored, deps.platformDomain);
  const reason =
    receiver.kind === 'forwarding'
      ? await takeSetUpMail(deps, await readRow(deps, mail, {}), receiver.row)
      : null;
  if (isSecret || reason !== null) {
    const shown = isSecret || reason === RETURNED ? shownToOwnerAlone(change) : change;
    await writeRow(deps, mail, ['received'], { ...shown, targets: [], held_for: [] });
    return { verdict: 'skip', reason: reason ?? 'a mail with a link or a code of ours came back' };
  }
  await writeRow(deps, mail, ['received'], change);
  return choice.verdict;
}

/**
 * A mail of ours with a link that lets its reader in, or with a code: the workspace does not see it, unless it
 * is for the personal address of one user, who alone sees that.
 */
function shownToOwnerAlone<Change extends Pick<InboundEmailRow, 'workspace_id' | 'audiences'>>(
  change: Change,
): Change {
  const [only] = change.audiences;
  const isPersonal = change.audiences.length === 1 && only?.startsWith('owner:');
  return isPersonal ? change : { ...change, workspace_id: null, audiences: [] };
}

type Receiver = { kind: 'email'; row: WorkspaceEmailRow } | { kind: 'forwarding'; row: ForwardingAddressRow };

interface Addresses {
  /** Oldest first. */
  emails: WorkspaceEmailRow[];
  forwarding: ForwardingAddressRow[];
}

/**
 * Every address of ours that the mail or its recipient names, in all workspaces: which one it is for is not
 * known yet.
 */
async function addressesNamed(models: Models, recipient: string, mail: StoredMail): Promise<Addresses> {
  const people = [...(mail.from ? [mail.from] : []), ...mail.reply_to, ...mail.to, ...mail.cc];
  const written = [recipient, ...people.map(({ email }) => email), ...traceAddresses(mail.headers)];
  const address = { $in: [...new Set(written.flatMap(spellings))] };
  const [emails, forwarding] = await Promise.all([
    collectionOf(models.WorkspaceEmail).find({ address }).toArray(),
    collectionOf(models.ForwardingAddress).find({ address }).toArray(),
  ]);
  return { emails: emails.sort((a, b) => a.created_at.getTime() - b.created_at.getTime()), forwarding };
}

/**
 * On a domain that a workspace has proved, an address that does not receive belongs to that workspace only:
 * others may have added the address too without proving it, or have deleted it.
 */
async function receiverOf(
  models: Models,
  ofAllWorkspaces: Addresses,
  recipient: string,
): Promise<Receiver | null> {
  const found = findReceiver(ofAllWorkspaces, recipient);
  if (found && (found.kind === 'forwarding' || isReceivable(found.row))) return found;
  const owners = await ownersOfDomain(models, normaliseAddress(recipient) ?? '');
  if (owners.length === 0) return found;
  const emails = ofAllWorkspaces.emails.filter(
    (row) => isReceivable(row) || owners.includes(row.workspace_id),
  );
  return findReceiver({ ...ofAllWorkspaces, emails }, recipient) ?? (await catchAll(models, recipient));
}

/** Who receives for this recipient: the exact address first, then the one without its tag. */
function findReceiver({ emails, forwarding }: Addresses, recipient: string): Receiver | null {
  for (const address of spellings(recipient)) {
    // An address may have belonged to several workspaces: the newest counts first.
    const email = bestOf(emails.filter((row) => row.address === address).reverse());
    if (email) return { kind: 'email', row: email };
    const row = forwarding.find((other) => other.address === address);
    if (row) return { kind: 'forwarding', row };
  }
  return null;
}

/** The catch-all address of the recipient's domain, if its owner has set one. */
async function catchAll(models: Models, recipient: string): Promise<Receiver | null> {
  const address = normaliseAddress(recipient);
  const row = address && (await catchAllFor(models, address));
  return row ? { kind: 'email', row } : null;
}

/** Of several rows with the same address: the one that receives, else one that is not deleted. */
const bestOf = (same: WorkspaceEmailRow[]): WorkspaceEmailRow | undefined =>
  same.find(isReceivable) ?? same.find((email) => email.deleted_at === null) ?? same[0];

async function parentOf(models: Models, forwarding: ForwardingAddressRow): Promise<WorkspaceEmailRow[]> {
  const { workspace_email_id: _id, workspace_id } = forwarding;
  return collectionOf(models.WorkspaceEmail).find({ _id, workspace_id }).toArray();
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

/**
 * To, then Cc; where they name none of the workspace's addresses, this copy's trace headers; then the parent. Anybody
 * can write an address into To and Cc. So behind a forwarding address that is not their own, a personal and a team's
 * address get only a copy that is traced to them; where nobody else gets it, it is held.
 */
function behindForwarding(
  emails: WorkspaceEmailRow[],
  parent: WorkspaceEmailRow[],
  forwarding: ForwardingAddressRow,
  row: InboundEmailRow,
): Choice {
  const mail = row.mail as StoredMail;
  const traced = named(emails, traceAddresses(mail.headers));
  const tracedIds = traced.filter(isReceivable).map((email) => email._id);
  const written = named(
    emails,
    [...mail.to, ...mail.cc].map((to) => to.email),
  );
  const choices = written.length > 0 ? written : traced.length > 0 ? traced : parent;
  const isOwn = (email: WorkspaceEmailRow) =>
    email.shared_forwarding_id === forwarding._id ||
    parent.some((owner) => owner._id === email._id || audienceOf(owner) === audienceOf(email));
  const isWithheld = (email: WorkspaceEmailRow) =>
    isClosed(audienceOf(email)) &&
    isReceivable(email) &&
    !isOwn(email) &&
    !tracedIds.includes(email._id) &&
    !row.released_for?.includes(audienceOf(email));
  const withheld = choices.filter(isWithheld);
  const others = choices.filter((email) => !isWithheld(email));
  if (withheld.length === 0 || others.some(isReceivable)) return chooseAmong(others, tracedIds);
  return { named: withheld, targets: [], verdict: { verdict: 'hold', reason: UNTRACED } };
}

/** The workspace's emails among these addresses, in their order. */
function named(emails: WorkspaceEmailRow[], addresses: string[]): WorkspaceEmailRow[] {
  const emailsNamed = addresses.flatMap((address) => {
    for (const spelling of spellings(address)) {
      const best = bestOf(emails.filter((email) => email.address === spelling));
      if (best) return [best];
    }
    return [];
  });
  return [...new Set(emailsNamed)];
}

/**
 * Addresses that receive get the mail, the first of each audience. If the mail names only others: one that is
 * not proved yet holds the mail; for a switched off or deleted one `routeEmail` decides, because it may be an
 * answer to a message of ours.
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
    opens_kind: kindOf(email),
  }));
  const base = { named: emails, targets };
  if (receivable.length > 0) return { ...base, verdict: { verdict: 'accept' } };
  if (emails.some(isAwaited))
    return { ...base, targets: [], verdict: { verdict: 'hold', reason: 'unproved address' } };
  if (emails.length === 0) return { ...base, verdict: { verdict: 'skip', reason: 'unknown recipient' } };
  return { ...base, verdict: { verdict: 'accept' } };
}

function onePerAudience(emails: WorkspaceEmailRow[]): WorkspaceEmailRow[] {
  return emails.filter((email, i) => emails.findIndex((e) => audienceOf(e) === audienceOf(email)) === i);
}

function whyNot(email: WorkspaceEmailRow): string {
  if (email.deleted_at) return 'deleted address';
  if (email.expired_at) return 'unproved';
  return email.active ? 'address does not receive' : 'inactive address';
}

/** Of the addresses that the mail is for. */
const formSendersOf = ({ named, targets }: Choice): string[] =>
  named
    .filter(({ _id }) => targets.some((target) => target.workspace_email_id === _id))
    .flatMap(({ form_senders }) => form_senders ?? []);

function senderOf(
  addresses: { address: string }[],
  formSenders: string[],
  mail: StoredMail,
): InboundEmailRow['sender'] {
  const ours = new Set(addresses.map((row) => row.address));
  const isOurs = (address: string) => spellings(address).some((spelling) => ours.has(spelling));
  const { sender, proved } = originalSender(mail, isOurs, formSenders);
  return { email: sender.email, name: sender.name, proved, verdict: authenticationOf(mail).verdict };
}
