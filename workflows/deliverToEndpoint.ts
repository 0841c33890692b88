import {
  continueAsNew,
  proxyActivities,
  setCurrentDetails,
  sleep,
  upsertMemo,
  workflowInfo,
} from '@temporalio/workflow';
import type { WebhookActivities } from '../activities/index.ts';
import type { EndpointOutcome, EndpointRun } from '../src/infra/temporal/runTypes.ts';
import { endpointNotice, endpointRound } from './policies.ts';
import { MINUTE_MS } from './time.ts';
import { wakeable } from './wake.ts';

/** With so many events it goes on as a new run: each worker that takes it over reads all of them. */
const LONGEST_HISTORY = 1_000;
/** While other endpoints have all slots it asks for one less and less often, at last so often (ms). */
const LONGEST_TURN_MS = MINUTE_MS;

/**
 * Works off the deliveries of one endpoint. Their schedule is in their rows; this run only sleeps between the
 * rounds. It ends when nothing is pending, and the next delivery starts it again.
 */
export async function deliverToEndpoint(endpoint: EndpointRun): Promise<EndpointOutcome> {
  const { deliverDue } = proxyActivities<WebhookActivities>(endpointRound);
  const { tellOfDisabledWebhook } = proxyActivities<WebhookActivities>(endpointNotice);
  const { forgetWake, wasWoken, sleepOrWake } = wakeable();

  let turns = 0;
  while (workflowInfo().historyLength < LONGEST_HISTORY) {
    forgetWake();
    const round = await deliverDue(endpoint);
    if (round.verdict === 'over') {
      if (round.tellOwners) await tellOfDisabledWebhook(endpoint);
      // A delivery that came meanwhile has signalled this run, and starts no other.
      if (wasWoken()) continue;
      upsertMemo({ outcome: round.state });
      return { action: round.state };
    }
    const { ms } = round;
    setCurrentDetails(`waiting for ${round.for}${round.down ? ': the endpoint is down' : ''}`);
    turns = round.for === 'its turn' ? turns + 1 : 0;
    // A signal brings no turn.
    if (turns > 0) await sleep(turnMs(ms, turns));
    else if (ms > 0) await sleepOrWake(ms);
  }
  return continueAsNew<typeof deliverToEndpoint>(endpoint);
}

const turnMs = (ms: number, turns: number): number =>
  Math.max(ms, Math.min(ms * 2 ** (turns - 1), LONGEST_TURN_MS)) * (0.5 + Math.random());
