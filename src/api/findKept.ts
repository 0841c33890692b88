import type { RouterContext } from '@koa/router';
import type { Model } from 'mongoose';
import { keptBy } from '../core/presenters/kept.ts';
import type { ApiState } from './auth.ts';
import { changeRow } from './changeRow.ts';
import { etagOf } from './etag.ts';
import { notFound } from './problem.ts';

type Ctx = RouterContext<ApiState>;
interface Kept {
  _id: string;
  workspace_id: string;
  audience: string;
  version: number;
}

export const keptTag = ({ _id, version }: Kept): string => etagOf('kept', _id, version);

/** Finds the snippet or saved view that the path of a request names. @throws Problem 404 */
export const keptFinder =
  <Row extends Kept>(model: Model<Row>) =>
  async ({ params, state }: Ctx): Promise<Row> => {
    const row = await model.findOne({ _id: params.id, ...keptBy(state.user) } as object).lean<Row>();
    if (!row) throw notFound();
    return row;
  };

/** Changes it, compare and set. @throws Problem 404, 412 */
export function changeKept<Row extends Kept>(
  ctx: Ctx,
  model: Model<Row>,
  row: Row,
  set: Partial<Row>,
): Promise<Row> {
  const find = keptFinder(model);
  return changeRow<Row>(ctx, {
    row,
    reread: () => find(ctx),
    etag: keptTag,
    decide: () => ({ $set: { ...set, updated_at: new Date() }, $inc: { version: 1 } }),
    write: ({ _id, version }, change) =>
      model
        .findOneAndUpdate({ _id, version, ...keptBy(ctx.state.user) } as object, change, {
          returnDocument: 'after',
        })
        .lean<Row>(),
  });
}
