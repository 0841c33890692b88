import { proxyActivities, setCurrentDetails, sleep, upsertMemo } from '@temporalio/workflow';
import type { DomainActivities, OperationsActivities } from '../activities/index.ts';
import { domainStep, sweep } from './policies.ts';
import { isSuperseded } from './steps.ts';
import type { WorkspaceToDelete } from '../src/infra/temporal/runTypes.ts';
import { HOUR_MS } from './time.ts';

/** Steps that were under way when it began may write for so long after it: the last of them fetch files for half an hour. */
const LOOKS_AGAIN_MS = [0, 60_000, HOUR_MS];

/** An operator deletes a workspace: nothing of it stays, but that its addresses on the platform's domain are given to nobody else. */
export async function deleteWorkspace(workspace: WorkspaceToDelete): Promise<{ deleted: number }> {
  const { closeWorkspace, purgeWorkspace } = proxyActivities<OperationsActivities>(sweep);
  const { leaveDomain } = proxyActivities<DomainActivities>(domainStep);

  const { domains } = await closeWorkspace(workspace);
  for (const domain of domains)
    await leaveDomain(domain).catch((error: unknown) => {
      // Its own run is done with it, or it was begun again.
      if (!isSuperseded(error)) throw error;
    });
  let deleted = 0;
  for (const ms of LOOKS_AGAIN_MS) {
    setCurrentDetails(`${deleted} rows and objects deleted; looks again in ${ms / 60_000} min`);
    if (ms > 0) await sleep(ms);
    deleted += (await purgeWorkspace(workspace)).deleted;
  }
  upsertMemo({ deleted });
  return { deleted };
}
