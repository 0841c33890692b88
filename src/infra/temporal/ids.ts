/** Task queue of mail coming in. */
export const MAIL_QUEUE = 'mail';

/**
 * Task queue of files that the provider keeps: activities of mail coming in, without workflows. A URL that
 * hangs delays no mail.
 */
export const FILE_QUEUE = 'files';

/** Task queue of replies going out. */
export const REPLY_QUEUE = 'replies';

/** Task queue of addresses and domains being set up. */
export const SET_UP_QUEUE = 'set-up';

/** Task queue of deliveries of events to endpoints. An endpoint that hangs delays no mail. */
export const WEBHOOK_QUEUE = 'webhooks';

/** Workflow id of the run that works off the deliveries of an endpoint. */
export const endpointWorkflowId = (webhookId: string): string => `endpoint/${webhookId}`;

/** Workflows of set-ups. Their input is a row's id and the number of the run. */
export type SetUpWorkflow = 'verifyForwarding' | 'verifyDomain';

/** Workflow id of a set-up; `run` counts from 1. */
export function setUpWorkflowId(workflow: SetUpWorkflow, id: string, run: number): string {
  const name = workflow === 'verifyForwarding' ? 'verify-forwarding' : 'verify-domain';
  return run === 1 ? `${name}/${id}` : `${name}/${id}/again/${run}`;
}

/** Workflow id of the run that deletes a workspace. */
export const deleteWorkspaceId = (workspaceId: string): string => `delete-workspace/${workspaceId}`;

/** Id of the schedule that deletes what is older than the retention. The server adds a time for each run's id. */
export const KEEP_TIDY_ID = 'keep-tidy';

/** Id of the schedule that keeps routes and event webhooks at the mail provider. */
export const KEEP_PROVIDER_ID = 'keep-provider';

/** Workflow id of one snooze of a thread until a time (ms since 1970). */
export const snoozeWorkflowId = (threadId: string, until: number): string => `snooze/${threadId}/${until}`;

/** Workflow id of a reply; `run` counts from 1, a person started the later ones. */
export function replyWorkflowId(messageId: string, run: number): string {
  return run === 1 ? `reply/${messageId}` : `reply/${messageId}/again/${run}`;
}

/** Workflow id of one post for one recipient; `run` counts from 1, later ones are reruns. */
export function inboundWorkflowId(inboundEmailId: string, run: number): string {
  return run === 1 ? `inbound/${inboundEmailId}` : `inbound/${inboundEmailId}/again/${run}`;
}
