import { proxyActivities, setCurrentDetails, upsertMemo } from '@temporalio/workflow';
import type { FileActivities } from '../activities/index.ts';
import { ownFiles, remoteFiles } from './policies.ts';
import { cannotPass, isSuperseded, mailSteps } from './steps.ts';
import type { InboundOutcome, InboundRun } from '../src/infra/temporal/runTypes.ts';

/**
 * One inbound email, from its stored payload to a message that can be read (docs/architecture.md walks
 * through it).
 */
export async function inboundEmail(mail: InboundRun): Promise<InboundOutcome> {
  const outcome = await process(mail);
  upsertMemo({ outcome: outcome.action, ...('reason' in outcome && { reason: outcome.reason }) });
  return outcome;
}

async function process(mail: InboundRun): Promise<InboundOutcome> {
  try {
    return await processSteps(mail);
  } catch (error) {
    if (isSuperseded(error)) return { action: 'superseded' };
    const reason = cannotPass(error);
    if (reason === null) throw error;
    return await fail(mail, reason);
  }
}

async function fail(mail: InboundRun, fault: string): Promise<InboundOutcome> {
  const reason = `it cannot be processed (${fault})`;
  await mailSteps().failEmail(mail, reason);
  return { action: 'failed', reason };
}

const fetchFiles = (mail: InboundRun, policy: typeof ownFiles): Promise<void> =>
  proxyActivities<FileActivities>(policy).fetchAttachments(mail);

async function processSteps(mail: InboundRun): Promise<InboundOutcome> {
  const step = mailSteps();
  const archived = await step.archiveEmail(mail);
  if (archived.verdict === 'failed') return { action: 'failed', reason: archived.reason };
  if (archived.verdict === 'refused') return skip(archived.reason);

  const recipients = await step.resolveForwarding(mail);
  if (recipients.verdict === 'skip') return skip(recipients.reason);
  if (recipients.verdict === 'hold') {
    await step.holdEmail(mail, recipients.reason);
    if (archived.remoteFiles) await fetchFiles(mail, remoteFiles);
    return { action: 'held', reason: recipients.reason };
  }

  const kind = await step.classifyEmail(mail);
  if (kind.verdict === 'skip') return skip(kind.reason);

  const route = await step.routeEmail(mail);
  if (route.verdict === 'skip') return skip(route.reason);

  await step.matchContact(mail);
  const recorded = await step.recordMessage(mail);
  if (archived.files > 0) {
    setCurrentDetails(`message recorded; fetching ${archived.files} files`);
    await fetchFiles(mail, archived.remoteFiles ? remoteFiles : ownFiles);
  }
  return { action: 'routed', messages: recorded.messages, copy: recorded.copy };

  async function skip(reason: string): Promise<InboundOutcome> {
    await step.skipEmail(mail, reason);
    // The provider's URLs expire: a skipped mail that is run again next week still has its files.
    if (archived.verdict === 'read' && archived.remoteFiles) await fetchFiles(mail, remoteFiles);
    return { action: 'skipped', reason };
  }
}
