import type { Model } from 'mongoose';
import { isDuplicateKey } from '../infra/models/once.ts';

/** Inserts a row whose id is made of the request; a repeated request finds the row of the first one. */
export async function keptOrMade<Row extends { _id: string; workspace_id: string }>(
  model: Model<Row>,
  row: Row,
): Promise<Row> {
  try {
    await model.create(row);
    return row;
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    const { _id, workspace_id } = row;
    return model
      .findOne({ _id, workspace_id } as object)
      .orFail()
      .lean<Row>();
  }
}
