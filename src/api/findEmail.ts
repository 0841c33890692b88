import type { RouterContext } from '@koa/router';
import { settingsOf } from '../core/addresses/changeEmail.ts';
import { proofOf } from '../core/addresses/proof.ts';
import { showEmails } from '../core/presenters/showEmails.ts';
import type { AddressProofRow, Models, WorkspaceEmailRow } from '../infra/models/index.ts';
import type { ApiState } from './auth.ts';
import { etagOf } from './etag.ts';
import { notFound, Problem } from './problem.ts';

/** The address that the path names. @throws Problem 404 */
export async function findEmail(ctx: RouterContext<ApiState>, models: Models): Promise<WorkspaceEmailRow> {
  const filter = { workspace_id: ctx.state.user.workspaceId, deleted_at: null, _id: ctx.params.id };
  const row = await models.WorkspaceEmail.findOne(filter).lean<WorkspaceEmailRow>();
  if (!row) throw notFound();
  return row;
}

/** The proof of an address. @throws Problem 409 where the address needs no proof of its own */
export async function findProof(models: Models, email: WorkspaceEmailRow): Promise<AddressProofRow> {
  const proof = await proofOf(models, email);
  if (!proof) throw new Problem(409, 'This address needs no proof of its own.');
  return proof;
}

/**
 * Of the settings only. The proof and the forwarding addresses change by themselves, and no change overwrites
 * them.
 */
export const emailTag = (row: WorkspaceEmailRow): string => etagOf('email', row._id, settingsOf(row));

/** Answers with an address and its ETag. */
export async function showEmail(ctx: RouterContext<ApiState>, models: Models, email: WorkspaceEmailRow) {
  ctx.set('ETag', emailTag(email));
  const [shown] = await showEmails(models, [email], ctx.state.user);
  return shown!;
}
