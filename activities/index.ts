import { archiveEmail } from './inbound/archiveEmail.ts';
import { classifyEmail } from './inbound/classifyEmail.ts';
import type { Deps, EndpointDeps } from './deps.ts';
import { applyDomain } from './domains/applyDomain.ts';
import { keepProvider } from './domains/keepProvider.ts';
import { leaveDomain } from './domains/leaveDomain.ts';
import { lookAtDomain } from './domains/lookAtDomain.ts';
import { tellOwners } from './domains/tellOwners.ts';
import { failEmail } from './inbound/failEmail.ts';
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
import { runStep, type StepOptions } from './runStep.ts';
import { attemptWebhook } from './outgoingWebhooks/attemptWebhook.ts';
import { deliverDue } from './outgoingWebhooks/deliverDue.ts';
import { tellOfDisabledWebhook } from './outgoingWebhooks/tellOfDisabledWebhook.ts';
import { wakeThread } from './snooze/wakeThread.ts';
import { holdEmail, skipEmail } from './inbound/skipEmail.ts';

const LOCAL_FIRST: StepOptions = { localFirst: true };
const MAY_FAIL: StepOptions = { localFirst: true, givesUp: true };
const OWN_HEARTBEATS: StepOptions = { ownHeartbeats: true };

/** The steps of incoming mail. Each may run twice, concurrently with itself, and after later steps. */
export function createMailActivities(deps: Deps) {
  const step = stepsOf(deps);
  return {
    archiveEmail: step(archiveEmail, MAY_FAIL),
    resolveForwarding: step(resolveForwarding, MAY_FAIL),
    classifyEmail: step(classifyEmail, MAY_FAIL),
    routeEmail: step(routeEmail, MAY_FAIL),
    matchContact: step(matchContact, MAY_FAIL),
    recordMessage: step(recordMessage, MAY_FAIL),
    ...createFileActivities(deps),
    skipEmail: step(skipEmail, MAY_FAIL),
    holdEmail: step(holdEmail, MAY_FAIL),
    failEmail: step(failEmail, LOCAL_FIRST),
  };
}
export type MailActivities = ReturnType<typeof createMailActivities>;

/**
 * The step that fetches files. Where the provider keeps them it has a task queue of its own
 * (workflows/policies.ts).
 */
export function createFileActivities(deps: Deps) {
  const step = stepsOf(deps);
  return { fetchAttachments: step(fetchAttachments, OWN_HEARTBEATS) };
}
export type FileActivities = ReturnType<typeof createFileActivities>;

/** The steps of an outgoing reply. */
export function createReplyActivities(deps: Deps) {
  const step = stepsOf(deps);
  return {
    takeReply: step(takeReply, MAY_FAIL),
    resolveSendingEmail: step(resolveSendingEmail, MAY_FAIL),
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
    lookAtProof: step(lookAtProof, LOCAL_FIRST),
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
    deleteOldRaw: step(deleteOldRaw, OWN_HEARTBEATS),
    deleteOldUploads: step(deleteOldUploads, OWN_HEARTBEATS),
    deleteOldEvents: step(deleteOldEvents, OWN_HEARTBEATS),
    closeWorkspace: step(closeWorkspace),
    purgeWorkspace: step(purgeWorkspace, OWN_HEARTBEATS),
  };
}
export type OperationsActivities = ReturnType<typeof createOperationsActivities>;

/** The step of a snooze. */
export function createSnoozeActivities(deps: Deps) {
  const step = stepsOf(deps);
  return { wakeThread: step(wakeThread, LOCAL_FIRST) };
}
export type SnoozeActivities = ReturnType<typeof createSnoozeActivities>;

/** The steps of delivering events to an endpoint. */
export function createWebhookActivities(deps: EndpointDeps) {
  const step = stepsOf(deps);
  return {
    deliverDue: step(deliverDue),
    tellOfDisabledWebhook: step(tellOfDisabledWebhook),
    /** Of `deliverWebhook`, which is no longer started. */
    attemptWebhook: step(attemptWebhook),
  };
}
export type WebhookActivities = ReturnType<typeof createWebhookActivities>;

function stepsOf<All extends Deps>(deps: All) {
  return <Args extends unknown[], Result>(
    work: (deps: All, ...args: Args) => Promise<Result>,
    options: StepOptions = {},
  ): ((...args: Args) => Promise<Result>) => {
    const run = (...args: Args) =>
      runStep(work.name, deps, (...given: Args) => work(deps, ...given), args, options);
    // For the worker's slots (src/infra/temporal/worker.ts).
    return Object.assign(run, { asksEngines: options.localFirst ?? false });
  };
}
