import type { Models, WorkspaceEmailRow } from '../../infra/models/index.ts';
import { Unfit } from '../replies/draft.ts';
import { checkUser } from './addEmail.ts';
import { applyFlags, provedOf } from './addressFlags.ts';
import { proofId } from './proof.ts';

/** What an owner may change; absent = stays. */
export interface EmailChange {
  display_name?: string | undefined;
  purpose?: WorkspaceEmailRow['purpose'] | undefined;
  user_id?: string | null | undefined;
  can_receive?: boolean | undefined;
  can_send?: boolean | undefined;
  active?: boolean | undefined;
}

/** Of an address: what an owner may change, and what that is decided on. */
export function settingsOf(row: WorkspaceEmailRow) {
  const { display_name, purpose, user_id, can_receive, can_send, active, proved_at } = row;
  const { receive_off = null, send_off = null, expired_at = null } = row;
  return {
    display_name,
    purpose,
    user_id,
    can_receive,
    can_send,
    active,
    receive_off,
    send_off,
    proved_at,
    expired_at,
  };
}

/** What a change writes. Purpose and user count for new mail: threads stay where they are. @throws Unfit */
export async function emailChange(
  models: Models,
  email: WorkspaceEmailRow,
  change: EmailChange,
): Promise<Partial<WorkspaceEmailRow>> {
  const { can_receive, can_send, ...plain } = change;
  // A purpose that is for nobody takes the user with it, unless the request says otherwise.
  const purpose = change.purpose ?? email.purpose;
  const user_id =
    change.user_id === undefined ? (purpose === 'ticket' ? null : email.user_id) : change.user_id;
  await checkUser(models, email.workspace_id, purpose, user_id);
  if (user_id !== null && user_id !== email.user_id) await checkUnshared(models, email);
  const proved = await provedOf(models, email);
  if (can_receive && !proved.receive) throw new Unfit('can_receive', notProved(email, 'receives'));
  if (can_send && !proved.send) throw new Unfit('can_send', notProved(email, 'sends'));
  const switches = {
    ...(can_receive !== undefined && { receive_off: !can_receive }),
    ...(can_send !== undefined && { send_off: !can_send }),
  };
  const since = user_id !== email.user_id && { user_changed_at: new Date() };
  return Object.fromEntries(
    Object.entries<unknown>({ ...plain, ...switches, user_id, ...since }).filter(
      ([, value]) => value !== undefined,
    ),
  );
}

/** Makes it, where the address is as it was read. @returns null when it is not. */
export function writeEmailChange(
  models: Models,
  email: WorkspaceEmailRow,
  set: Partial<WorkspaceEmailRow>,
): Promise<WorkspaceEmailRow | null> {
  const { _id, workspace_id } = email;
  const asRead = { ...settingsOf(email), _id, workspace_id, deleted_at: null };
  return models.WorkspaceEmail.findOneAndUpdate(asRead, { $set: set }).lean<WorkspaceEmailRow>();
}

/** After a change. @throws Unfit when it was to receive, and cannot. */
export async function applyEmailChange(
  models: Models,
  { _id }: WorkspaceEmailRow,
  { can_receive }: EmailChange,
): Promise<void> {
  if (!(await applyFlags(models, _id)) && can_receive)
    throw new Unfit('can_receive', 'cannot be: another workspace receives for this address');
}

/** A personal mailbox forwards to a forwarding address of its own, and shares none. */
async function checkUnshared(models: Models, email: WorkspaceEmailRow): Promise<void> {
  const own = await models.ForwardingAddress.find(
    { workspace_id: email.workspace_id, workspace_email_id: email._id },
    { _id: 1 },
  ).lean();
  const others = await models.WorkspaceEmail.exists({
    workspace_id: email.workspace_id,
    shared_forwarding_id: { $in: own.map(({ _id }) => _id) },
    deleted_at: null,
  });
  if (email.shared_forwarding_id || others)
    throw new Unfit('user_id', 'cannot be set while the address shares a forwarding address with another');
}

function notProved({ kind, proved_at }: WorkspaceEmailRow, does: 'receives' | 'sends'): string {
  if (proved_at === null) return 'cannot be: the address is not proved yet';
  return does === 'sends' && kind === 'forwarding'
    ? 'cannot be: its domain must be added under domains, with DKIM and SPF right; until then replies go out from its forwarding address'
    : `cannot be: the records of its domain are not right, so it neither ${does} nor can be made to`;
}

/** Its threads stay, their replies fall back as the sending rules say, and new mail to it is skipped. Any number of times. */
export async function removeEmail(models: Models, email: WorkspaceEmailRow): Promise<void> {
  await models.WorkspaceEmail.updateOne(
    { _id: email._id, deleted_at: null },
    // With its flags: who dies here leaves no address that nobody can delete, and nobody else can have.
    { $set: { deleted_at: new Date(), can_receive: false, can_send: false } },
  );
  await applyFlags(models, email._id);
  await models.AddressProof.updateOne(
    { _id: proofId(email), workspace_email_id: email._id },
    { $set: { state: 'dropped', wants_start: false } },
  );
}
