import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import type { Config } from '../config.ts';

/** gRPC codes of Temporal: no worker of that version has been seen yet, or not on all task queues. */
const NOT_FOUND = 5;
const FAILED_PRECONDITION = 9;
const AGAIN_MS = 1_000;

export interface Version {
  deployment: Config['workerVersion']['deployment'];
  /** Null: workers without a build id. */
  buildId: string | null;
  /** Part of the runs that go to it, 0 to 100; without one it gets all, and is the version in use. */
  percent?: number;
}

/**
 * Switches to a version of the workers: new runs go to it at once, open ones with their next task. Waits until its
 * workers are there. Idempotent, and safe while mail comes in.
 * @param withinMs how long it waits for them
 * @throws Error with Temporal's reason, when there are none by then
 */
export async function useVersion(client: Client, version: Version, withinMs = 60_000): Promise<void> {
  for (const deadline = Date.now() + withinMs; ;) {
    try {
      await setVersion(client, version);
      return;
    } catch (error) {
      const { code, details } = error as { code?: number; details?: string };
      if (code !== NOT_FOUND && code !== FAILED_PRECONDITION) throw error;
      if (Date.now() >= deadline) throw new Error(details ?? 'it has no workers', { cause: error });
      await sleep(AGAIN_MS);
    }
  }
}

async function setVersion(client: Client, { deployment, buildId, percent }: Version): Promise<void> {
  const { namespace, identity } = client.options;
  const request = { namespace, identity, deploymentName: deployment, buildId: buildId ?? '' };
  const { workflowService } = client;
  if (percent === undefined) await workflowService.setWorkerDeploymentCurrentVersion(request);
  else await workflowService.setWorkerDeploymentRampingVersion({ ...request, percentage: percent });
}
