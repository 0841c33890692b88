import type { Models, WorkspaceEmailRow } from '../../infra/models/index.ts';
import { givenToTeam } from '../access/teams.ts';
import { Unfit } from '../replies/draft.ts';
import { checkTeam, checkUser } from './addEmail.ts';
import { updateAddressFlags, provedRights } from './addressFlags.ts';
import { proofId } from './proof.ts';

/** What an owner may change; an absent field stays as it is. */
export interface EmailChange {
  display_name?: string | undefined;
  purpose?: WorkspaceEmailRow['purpose'] | undefined;
  user_id?: string | null | undefined;
  team_id?: string | null | undefined;
  can_receive?: boolean | undefined;
  can_send?: boolean | undefined;
  active?: boolean | undefined;
  /** Sanitised HTML. */
  signature?: string | null | undefined;
  /** Domains of form services, as stored (mail/formSenders.ts). */
  form_senders?: string[] | undefined;
}

/**
 * The fields that an owner may change, and those on which such a change is decided: its compare-and-set
 * filter.
 */
export function settingsOf(row: WorkspaceEmailRow) {
  const { display_name, purpose, user_id, team_id, can_receive, can_send, active, proved_at } = row;
  const { receive_off, send_off, expired_at, signature = null, form_senders = null } = row;
  return {
    display_name,
    purpose,
    user_id,
    team_id,
    can_receive,
    can_send,
    active,
    receive_off,
    send_off,
    proved_at,
    expired_at,
    signature,
    form_senders,
  };
}

/**
 * The fields that a change writes. Purpose and user apply to new mail; existing threads stay.
 * @throws Unfit
 */
export async function emailChange(
  models: Models,
  email: WorkspaceEmailRow,
  change: EmailChange,
): Promise<Partial<WorkspaceEmailRow>> {
  const { can_receive, can_send, ...plain } = change;
  // Purpose `ticket` has no user: changing to it removes the user, unless the request names one (then
  // checkUser refuses).
  const purpose = change.purpose ?? email.purpose;
  const user_id =
    change.user_id === undefined ? (purpose === 'ticket' ? null : email.user_id) : change.user_id;
  const team_id = change.team_id === undefined ? email.team_id : change.team_id;
  await checkUser(models, email.workspace_id, purpose, user_id);
  await checkTeam(models, email.workspace_id, { userId: user_id, teamId: team_id });
  if (user_id !== null && user_id !== email.user_id) await checkUnshared(models, email, 'user_id');
  if (team_id !== null && team_id !== email.team_id) await checkUnshared(models, email, 'team_id');
  const proved = await provedRights(models, email);
  if (can_receive && !proved.receive) throw new Unfit('can_receive', whyNot(email, 'receive'));
  if (can_send && !proved.send) throw new Unfit('can_send', whyNot(email, 'send'));
  const switches = {
    ...(can_receive !== undefined && { receive_off: !can_receive }),
    ...(can_send !== undefined && { send_off: !can_send }),
  };
  const userChange = user_id !== email.user_id && { user_changed_at: new Date() };
  return Object.fromEntries(
    Object.entries<unknown>({ ...plain, ...switches, user_id, ...userChange }).filter(
      ([, value]) => value !== undefined,
    ),
  );
}

/** Writes the change if the address is still as it was read. @returns null when it is not. @throws Unfit */
export function writeEmailChange(
  models: Models,
  email: WorkspaceEmailRow,
  set: Partial<WorkspaceEmailRow>,
): Promise<WorkspaceEmailRow | null> {
  const { _id, workspace_id } = email;
  const asRead = { ...settingsOf(email), _id, workspace_id, deleted_at: null } as object;
  return givenToTeam(models, { workspace_id, team_id: set.team_id }, (session) =>
    models.WorkspaceEmail.findOneAndUpdate(asRead, { $set: set }, session ? { session } : {})
      .lean<WorkspaceEmailRow>()
      .exec(),
  );
}

/** Applies a change that was written. @throws Unfit when the address should receive now, and cannot. */
export async function applyEmailChange(
  models: Models,
  { _id }: WorkspaceEmailRow,
  { can_receive }: EmailChange,
): Promise<void> {
  if (!(await updateAddressFlags(models, _id)) && can_receive)
    throw new Unfit(
      'can_receive',
      'cannot be switched on: another workspace receives mail for this address. ' +
        'Ask the operator of this installation which one must give it up',
    );
}

/** A personal address, and that of a team, has a forwarding address of its own, and shares none. */
async function checkUnshared(
  models: Models,
  email: WorkspaceEmailRow,
  field: 'user_id' | 'team_id',
): Promise<void> {
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
    throw new Unfit(
      field,
      'cannot be set while the address shares a forwarding address with another one: ' +
        'delete one of the two addresses first',
    );
}

function whyNot({ kind, proved_at }: WorkspaceEmailRow, verb: 'receive' | 'send'): string {
  if (proved_at === null) return 'cannot be switched on: verify the address first';
  return verb === 'send' && kind === 'forwarding'
    ? 'cannot be switched on yet: add the domain of the address and publish its DKIM and SPF records. ' +
        'Until then replies are sent from the forwarding address'
    : 'cannot be switched on: the DNS records of its domain are not correct, ' +
        `so the address cannot ${verb}. The domain shows which record to correct`;
}

/**
 * Removes an address. Its threads stay, their replies are sent from another address (the sending rules say
 * which), and new mail to it is skipped. Idempotent.
 */
export async function removeEmail(models: Models, email: WorkspaceEmailRow): Promise<void> {
  await models.WorkspaceEmail.updateOne(
    { _id: email._id, deleted_at: null },
    // Together with its flags: if the process dies here, the address must not go on blocking other
    // workspaces.
    { $set: { deleted_at: new Date(), can_receive: false, can_send: false } },
  );
  await updateAddressFlags(models, email._id);
  await models.AddressProof.updateOne(
    { _id: proofId(email), workspace_email_id: email._id },
    { $set: { state: 'dropped', wants_start: false } },
  );
}
