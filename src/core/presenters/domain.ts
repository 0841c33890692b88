import { z } from 'zod';
import { DOMAIN_STATES, RECORD_PURPOSES, RECORD_STATES, RECORD_TYPES } from '../../infra/models/domain.ts';
import type { DomainRow, WorkspaceEmailRow } from '../../infra/models/index.ts';
import { Time } from './schemas.ts';

const DnsRecord = z.object({
  purpose: z.enum(RECORD_PURPOSES),
  type: z.enum(RECORD_TYPES),
  name: z.string(),
  value: z.string(),
  priority: z.int().nullable().meta({ description: 'Only of an MX record.' }),
  state: z.enum(RECORD_STATES),
  found: z.array(z.string()).meta({ description: 'Values in DNS at the last check.' }),
});
export const Domain = z
  .object({
    id: z.string(),
    name: z.string(),
    state: z.enum(DOMAIN_STATES),
    owned_at: Time.nullable().meta({ description: 'When its ownership was proved.' }),
    sending: z.boolean(),
    receiving: z.boolean(),
    catch_all: z.object({ id: z.string(), address: z.string() }).nullable(),
    problem: z.string().nullable().meta({ description: 'What is wrong and what to do, for a person.' }),
    records: z.array(DnsRecord),
    failing_since: Time.nullable(),
    grace_until: Time.nullable(),
    expires_at: Time.nullable().meta({ description: 'Until then its ownership must be proved.' }),
    checked_at: Time.nullable(),
    check_wanted_at: Time.nullable(),
    created_at: Time,
  })
  .meta({ id: 'Domain' });

/**
 * @param catchAll the workspace email that the row names; null when there is none, or it has been deleted.
 */
export function presentDomain(row: DomainRow, catchAll: WorkspaceEmailRow | null): z.input<typeof Domain> {
  return {
    id: row._id,
    name: row.name,
    state: row.state,
    owned_at: row.owned_at,
    sending: row.sending,
    receiving: row.receiving,
    catch_all: catchAll && { id: catchAll._id, address: catchAll.address },
    problem: row.problem,
    records: row.records.map(({ purpose, type, name, value, priority, state, found }) => ({
      purpose,
      type,
      name,
      value,
      priority,
      state,
      found,
    })),
    failing_since: row.failing_since,
    grace_until: row.grace_until,
    expires_at: row.owned_at ? null : row.expires_at,
    checked_at: row.checked_at,
    check_wanted_at: row.check_wanted_at,
    created_at: row.created_at,
  };
}
