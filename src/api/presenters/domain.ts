import type { DomainRow, WorkspaceEmailRow } from '../../models/index.ts';

/** @param catchAll the workspace email that its row names; null where there is none, or no longer. */
export function presentDomain(row: DomainRow, catchAll: WorkspaceEmailRow | null) {
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
      ...{ purpose, type, name, value, priority, state, found },
    })),
    failing_since: row.failing_since,
    grace_until: row.grace_until,
    expires_at: row.owned_at ? null : row.expires_at,
    checked_at: row.checked_at,
    check_wanted_at: row.check_wanted_at,
    created_at: row.created_at,
  };
}
