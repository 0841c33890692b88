import { z } from 'zod';
import type { SavedViewRow } from '../../infra/models/index.ts';
import { Time } from './schemas.ts';

export const SavedView = z
  .object({
    id: z.string(),
    name: z.string(),
    shared: z.boolean().meta({ description: 'True: every member sees and changes it.' }),
    query: z.object({
      any: z.array(z.record(z.string(), z.string())).meta({
        description: 'Threads that match one of these. Each has parameters of the list of threads.',
      }),
    }),
    sort: z.string(),
    created_at: Time,
    updated_at: Time,
  })
  .meta({ id: 'SavedView' });

export const presentSavedView = (row: SavedViewRow): z.input<typeof SavedView> => ({
  id: row._id,
  name: row.name,
  shared: row.audience === 'shared',
  query: { any: row.any },
  sort: row.sort,
  created_at: row.created_at,
  updated_at: row.updated_at,
});
