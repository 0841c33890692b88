import { proxyActivities, setCurrentDetails, sleep, upsertMemo } from '@temporalio/workflow';
import type { DomainActivities, OperationsActivities } from '../activities/index.ts';
import { domainStep, sweep } from './policies.ts';
import { isSuperseded } from './steps.ts';
import type { WorkspaceToDelete } from '../src/infra/temporal/runTypes.ts';
import { HOUR_MS, MINUTE_MS } from './time.ts';

/**
 * When rows are deleted again: steps that were under way at the start still write some, and the slowest of
 * them fetch files for half an hour.
 */
const PURGE_AGAIN_MS = [0, MINUTE_MS, HOUR_MS];

/**
 * Deletes a workspace for an operator. Nothing of it stays, except that no other workspace ever gets its
 * platform addresses.
 */
export async function deleteWorkspace(workspace: WorkspaceToDelete): Promise<{ deleted: number }> {
  const { closeWorkspace, purgeWorkspace } = proxyActivities<OperationsActivities>(sweep);
  const { leaveDomain } = proxyActivities<DomainActivities>(domainStep);

  const { domains } = await closeWorkspace(workspace);
  for (const domain of domains)
    await leaveDomain(domain).catch((error: unknown) => {
      // The claim's own run has ended it already, or a later run has taken over.
      if (!isSuperseded(error)) throw error;
    });
  let deleted = 0;
  for (const ms of PURGE_AGAIN_MS) {
    setCurrentDetails(`${deleted} rows and objects deleted; deleting again in ${ms / MINUTE_MS} min`);
    if (ms > 0) await sleep(ms);
    deleted += (await purgeWorkspace(workspace)).deleted;
  }
  upsertMemo({ deleted });
  return { deleted };
}
