import { z } from 'zod';
import type { TeamRow } from '../../infra/models/index.ts';
import { Time } from './schemas.ts';

export const Team = z
  .object({
    id: z.string(),
    name: z.string(),
    member_ids: z.array(z.string()).meta({ description: 'Users who alone see what is the team’s.' }),
    created_at: Time,
  })
  .meta({ id: 'Team' });

export const presentTeam = (row: TeamRow, member_ids: string[]): z.input<typeof Team> => ({
  id: row._id,
  name: row.name,
  member_ids,
  created_at: row.created_at,
});
