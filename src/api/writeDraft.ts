import type { RouterContext } from '@koa/router';
import { signalDraft } from '../core/events/signals.ts';
import {
  draftChange,
  keepUploads,
  newDraft,
  ownDrafts,
  type DraftChange,
  type DraftContent,
  type DraftPlace,
} from '../core/replies/drafts.ts';
import type { DraftRow, MessageRow, Models } from '../infra/models/index.ts';
import { isDuplicateKey } from '../infra/models/once.ts';
import type { ApiState } from './auth.ts';
import { changeRow } from './changeRow.ts';
import type { RouteDeps } from './deps.ts';
import { checkMatch, etagOf } from './etag.ts';
import { notFound } from './problem.ts';

type Ctx = RouterContext<ApiState>;

export const draftTag = ({ _id, created_at, changes }: DraftRow): string =>
  etagOf('draft', _id, created_at, changes);

/** `signalDraft` for a draft that became a message, and is gone. */
export const signalSent = (
  models: Models,
  draftId: string,
  { workspace_id, author_id, thread_kind, thread_id }: MessageRow,
): Promise<void> =>
  signalDraft(models, { _id: draftId, workspace_id, user_id: author_id!, thread_kind, thread_id });

/** The tag of a draft that does not exist: no `If-Match` names it. */
const NO_DRAFT = etagOf('no draft');

/**
 * Writes the draft with this id, or makes it. Idempotent.
 * @throws Problem 412; Unfit
 */
export async function putDraft(
  ctx: Ctx,
  deps: RouteDeps,
  _id: string,
  place: DraftPlace,
  content: Partial<DraftContent>,
): Promise<DraftRow> {
  const { models } = deps;
  const { user } = ctx.state;
  const find = () => models.Draft.findOne({ _id, ...ownDrafts(user) }).lean<DraftRow>();
  for (;;) {
    const existing = await find();
    if (existing) {
      const reread = async () => {
        const row = await find();
        if (!row) throw notFound();
        return row;
      };
      return changeDraft(ctx, deps, existing, reread, content, true);
    }
    checkMatch(ctx, NO_DRAFT);
    await keepUploads(models, user, content.attachments ?? []);
    const row = newDraft(_id, user, place, content);
    try {
      await models.Draft.create(row);
      await signalDraft(models, row);
      return row;
    } catch (error) {
      // Another request has made it.
      if (!isDuplicateKey(error)) throw error;
    }
  }
}

/** @param whole fields that are left out are emptied. @throws Problem 404, 412; Unfit */
export async function changeDraft(
  ctx: Ctx,
  { models }: RouteDeps,
  row: DraftRow,
  reread: () => Promise<DraftRow>,
  content: DraftChange,
  whole: boolean,
): Promise<DraftRow> {
  const { user } = ctx.state;
  const isNewFile = (id: string) => !row.attachments.includes(id);
  await keepUploads(models, user, (content.attachments ?? []).filter(isNewFile));
  const changed = await changeRow<DraftRow>(ctx, {
    row,
    reread,
    etag: draftTag,
    decide: () => draftChange(content, whole),
    write: ({ _id, changes }, change) =>
      models.Draft.findOneAndUpdate({ _id, ...ownDrafts(user), changes }, change, {
        returnDocument: 'after',
      }).lean<DraftRow>(),
  });
  await signalDraft(models, changed);
  return changed;
}
