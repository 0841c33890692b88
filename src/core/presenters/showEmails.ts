import type {
  AddressProofRow,
  ForwardingAddressRow,
  Models,
  WorkspaceEmailRow,
} from '../../infra/models/index.ts';
import { presentWorkspaceEmail } from './workspaceEmail.ts';
import type { ApiUser } from './visibility.ts';

/**
 * Addresses as JSON, with their forwarding addresses and proofs. Needs three queries, for any number of rows.
 */
export async function showEmails(models: Models, rows: WorkspaceEmailRow[], user: ApiUser) {
  const workspace_id = user.workspaceId;
  const workspace_email_id = { $in: rows.map(({ _id }) => _id) };
  const shared = rows.flatMap((row) => row.shared_forwarding_id ?? []);
  const [forwardingRows, proofs] = await Promise.all([
    models.ForwardingAddress.find({
      workspace_id,
      $or: [{ workspace_email_id }, { _id: { $in: shared } }],
    })
      .sort({ created_at: 1, _id: 1 })
      .lean<ForwardingAddressRow[]>(),
    models.AddressProof.find({ workspace_id, workspace_email_id }).lean<AddressProofRow[]>(),
  ]);
  // Confirmations that arrived while the parent was somebody's personal address are that user's mail: they
  // are hidden from others, also from those who share its forwarding address.
  const parents = await models.WorkspaceEmail.find(
    { workspace_id, _id: { $in: forwardingRows.map((row) => row.workspace_email_id) } },
    { user_changed_at: 1 },
  ).lean<Pick<WorkspaceEmailRow, '_id' | 'user_changed_at'>[]>();
  const changeTimes = new Map(parents.map((parent) => [parent._id, parent.user_changed_at]));
  const forwarding = forwardingRows.map((row) => {
    const changedAt = changeTimes.get(row.workspace_email_id);
    const { confirmations } = row;
    return {
      ...row,
      confirmations: changedAt ? confirmations.filter(({ at }) => at >= changedAt) : confirmations,
    };
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
