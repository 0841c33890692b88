import type {
  AddressProofRow,
  ForwardingAddressRow,
  Models,
  WorkspaceEmailRow,
} from '../../infra/models/index.ts';
import { presentWorkspaceEmail } from './workspaceEmail.ts';
import type { ApiUser } from './visibility.ts';

/** Addresses as JSON, with their forwarding addresses and proofs: four queries, however many they are. */
export async function showEmails(models: Models, rows: WorkspaceEmailRow[], user: ApiUser) {
  const workspace_id = user.workspaceId;
  const workspace_email_id = { $in: rows.map(({ _id }) => _id) };
  const shared = rows.flatMap((row) => row.shared_forwarding_id ?? []);
  const [all, proofs] = await Promise.all([
    models.ForwardingAddress.find({
      workspace_id,
      $or: [{ workspace_email_id }, { _id: { $in: shared } }],
    })
      .sort({ created_at: 1, _id: 1 })
      .lean<ForwardingAddressRow[]>(),
    models.AddressProof.find({ workspace_id, workspace_email_id }).lean<AddressProofRow[]>(),
  ]);
  // What a parent was told while it was somebody's own is not for those who share its forwarding address either.
  const parents = await models.WorkspaceEmail.find(
    { workspace_id, _id: { $in: all.map((address) => address.workspace_email_id) } },
    { user_changed_at: 1 },
  ).lean<Pick<WorkspaceEmailRow, '_id' | 'user_changed_at'>[]>();
  const since = new Map(parents.map((parent) => [parent._id, parent.user_changed_at ?? null]));
  const forwarding = all.map((address) => {
    const changed = since.get(address.workspace_email_id);
    const told = address.confirmations ?? [];
    return { ...address, confirmations: changed ? told.filter(({ at }) => at >= changed) : told };
  });
  return rows.map((row) =>
    presentWorkspaceEmail(
      row,
      {
        forwarding: forwarding.filter((address) => address.workspace_email_id === row._id),
        shared: forwarding.find(({ _id }) => _id === row.shared_forwarding_id) ?? null,
        proof: proofs.find((proof) => proof.workspace_email_id === row._id) ?? null,
      },
      user,
    ),
  );
}
