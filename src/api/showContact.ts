import type { RouterContext } from '@koa/router';
import { showContacts } from '../core/presenters/showContacts.ts';
import type { ContactRow, Models } from '../infra/models/index.ts';
import type { ApiState } from './auth.ts';
import { etagOf } from './etag.ts';

/** A contact's ETag. */
export const contactTag = (row: ContactRow): string => etagOf('contact', row._id, row.changes);

/** Answers with a contact and its ETag. */
export async function showContact(ctx: RouterContext<ApiState>, models: Models, row: ContactRow) {
  ctx.set('ETag', contactTag(row));
  const [shown] = await showContacts(models, [row], ctx.state.user);
  return shown!;
}
