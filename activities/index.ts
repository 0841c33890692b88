import { asyncLocalStorage as activities } from '@temporalio/activity';
import { withLogFields } from '../src/infra/telemetry/logContext.ts';
import { observeStep, type StepResult } from '../src/infra/telemetry/metrics.ts';
import { archiveEmail } from './inbound/archiveEmail.ts';
import { classifyEmail } from './inbound/classifyEmail.ts';
import type { Deps, EndpointDeps } from './deps.ts';
import { applyDomain } from './domains/applyDomain.ts';
import { keepProvider } from './domains/keepProvider.ts';
import { leaveDomain } from './domains/leaveDomain.ts';
import { lookAtDomain } from './domains/lookAtDomain.ts';
import { tellOwners } from './domains/tellOwners.ts';
import { isVerdict, translate } from './errors.ts';
import { fetchAttachments } from './inbound/fetchAttachments.ts';
import { matchContact } from './inbound/matchContact.ts';
import { recordMessage } from './inbound/recordMessage.ts';
import { resolveForwarding } from './inbound/resolveForwarding.ts';
import { routeEmail } from './inbound/routeEmail.ts';
import { deleteOldRaw } from './retention/deleteOldRaw.ts';
import { closeWorkspace, purgeWorkspace } from './retention/deleteWorkspace.ts';
import { deleteOldEvents } from './retention/deleteOldEvents.ts';
import { deleteOldUploads } from './retention/deleteOldUploads.ts';
import { checkProofDns } from './addresses/checkProofDns.ts';
import { lookAtProof } from './addresses/lookAtProof.ts';
import { releaseHeldMail } from './addresses/releaseHeldMail.ts';
import { remindOfProof } from './addresses/remindOfProof.ts';
import { sendProofCode } from './addresses/sendProofCode.ts';
import { deliverReply } from './replies/deliverReply.ts';
import { findReply } from './replies/findReply.ts';
import { followReply } from './replies/followReply.ts';
import { resolveSendingEmail } from './replies/resolveSendingEmail.ts';
import { takeReply } from './replies/takeReply.ts';
import { attemptWebhook } from './outgoingWebhooks/attemptWebhook.ts';
import { tellOfDisabledWebhook } from './outgoingWebhooks/tellOfDisabledWebhook.ts';
import { wakeThread } from './snooze/wakeThread.ts';
import { holdEmail, skipEmail } from './inbound/skipEmail.ts';

/** The steps of incoming mail. Each may run twice, concurrently with itself, and after later steps. */
export function createMailActivities(deps: Deps) {
  const step = stepsOf(deps);
  return {
    archiveEmail: step(archiveEmail),
    resolveForwarding: step(resolveForwarding),
    classifyEmail: step(classifyEmail),
    routeEmail: step(routeEmail),
    matchContact: step(matchContact),
    recordMessage: step(recordMessage),
    fetchAttachments: step(fetchAttachments),
    skipEmail: step(skipEmail),
    holdEmail: step(holdEmail),
  };
}
export type MailActivities = ReturnType<typeof createMailActivities>;

/** The steps of an outgoing reply. */
export function createReplyActivities(deps: Deps) {
  const step = stepsOf(deps);
  return {
    takeReply: step(takeReply),
    resolveSendingEmail: step(resolveSendingEmail),
    deliverReply: step(deliverReply),
    findReply: step(findReply),
    followReply: step(followReply),
  };
}
export type ReplyActivities = ReturnType<typeof createReplyActivities>;

/** The steps of setting up an address. */
export function createSetUpActivities(deps: Deps) {
  const step = stepsOf(deps);
  return {
    lookAtProof: step(lookAtProof),
    sendProofCode: step(sendProofCode),
    checkProofDns: step(checkProofDns),
    remindOfProof: step(remindOfProof),
    releaseHeldMail: step(releaseHeldMail),
  };
}
export type SetUpActivities = ReturnType<typeof createSetUpActivities>;

/**
 * The steps of proving a domain and keeping it in order, and of keeping what Postroom needs at its provider.
 */
export function createDomainActivities(deps: Deps) {
  const step = stepsOf(deps);
  return {
    lookAtDomain: step(lookAtDomain),
    applyDomain: step(applyDomain),
    tellOwners: step(tellOwners),
    leaveDomain: step(leaveDomain),
    keepProvider: step(keepProvider),
  };
}
export type DomainActivities = ReturnType<typeof createDomainActivities>;

/** The operator's steps: retention, and deleting a workspace. */
export function createOperationsActivities(deps: Deps) {
  const step = stepsOf(deps);
  return {
    deleteOldRaw: step(deleteOldRaw),
    deleteOldUploads: step(deleteOldUploads),
    deleteOldEvents: step(deleteOldEvents),
    closeWorkspace: step(closeWorkspace),
    purgeWorkspace: step(purgeWorkspace),
  };
}
export type OperationsActivities = ReturnType<typeof createOperationsActivities>;

/** The step of a snooze. */
export function createSnoozeActivities(deps: Deps) {
  const step = stepsOf(deps);
  return { wakeThread: step(wakeThread) };
}
export type SnoozeActivities = ReturnType<typeof createSnoozeActivities>;

/** The steps of delivering an event to an endpoint. */
export function createWebhookActivities(deps: EndpointDeps) {
  const step = stepsOf(deps);
  return { attemptWebhook: step(attemptWebhook), tellOfDisabledWebhook: step(tellOfDisabledWebhook) };
}
export type WebhookActivities = ReturnType<typeof createWebhookActivities>;

function stepsOf<All extends Deps>(deps: All) {
  return <Args extends unknown[], Result>(work: (deps: All, ...args: Args) => Promise<Result>) =>
    (...args: Args): Promise<Result> =>
      withLogFields(idsOfRun(), async () => {
        const began = performance.now();
        const observe = (result: StepResult) => {
          const ms = performance.now() - began;
          observeStep(work.name, result, ms / 1000);
          deps.log.debug({ step: work.name, result, ms: Math.round(ms) }, 'a step was tried');
        };
        try {
          const result = await work(deps, ...args);
          observe('done');
          return result;
        } catch (error) {
          const failure = translate(error, work.name, deps.log);
          observe(isVerdict(failure) ? 'verdict' : 'again');
          throw failure;
        }
      });
}

/** The workflow's id contains the id of the mail or message. */
function idsOfRun(): Record<string, string> {
  const workflowId = activities.getStore()?.info.workflowExecution?.workflowId;
  return workflowId === undefined ? {} : { workflow_id: workflowId };
}
