import { rowSchema } from './schema.ts';

/** How far the archive was compared with the rows (sweeps/compareArchive.ts): one row. */
export interface ArchivePositionRow {
  _id: 'compared';
  /** Every payload that arrived before this time has a row. */
  until: Date;
}
export const archivePositionSchema = rowSchema<ArchivePositionRow>({ _id: String, until: Date });
