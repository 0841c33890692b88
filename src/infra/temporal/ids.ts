/** Task queue of mail coming in. */
export const MAIL_QUEUE = 'mail';

/** Task queue of replies going out. */
export const REPLY_QUEUE = 'replies';

/** Task queue of addresses and domains being set up. */
export const SET_UP_QUEUE = 'set-up';

/** Task queue of events on their way to endpoints: one that hangs holds up no mail. */
export const WEBHOOK_QUEUE = 'webhooks';

/** Workflow id of an event's way to an endpoint; `run` counts from 1, later ones were sent again by a person. */
export function webhookWorkflowId(deliveryId: string, run: number): string {
  return run === 1 ? `webhook/${deliveryId}` : `webhook/${deliveryId}/again/${run}`;
}

/** Workflows that carry a set-up; each run is told a row's id and the run's number. */
export type SetUpWorkflow = 'verifyForwarding' | 'verifyDomain';

/** Workflow id of a set-up; `run` counts from 1, later ones were begun again. */
export function setUpWorkflowId(workflow: SetUpWorkflow, id: string, run: number): string {
  const name = workflow === 'verifyForwarding' ? 'verify-forwarding' : 'verify-domain';
  return run === 1 ? `${name}/${id}` : `${name}/${id}/again/${run}`;
}

/** Workflow id of the run that deletes a workspace. */
export const deleteWorkspaceId = (workspaceId: string): string => `delete-workspace/${workspaceId}`;

/** Workflow id of the one run that deletes what has been kept long enough. */
export const KEEP_TIDY_ID = 'keep-tidy';

/** Workflow id of the one run that looks after what Postroom needs at its provider. */
export const KEEP_PROVIDER_ID = 'keep-provider';

/** Workflow id of a reply; `run` counts from 1, later ones were started by a person. */
export function replyWorkflowId(messageId: string, run: number): string {
  return run === 1 ? `reply/${messageId}` : `reply/${messageId}/again/${run}`;
}

/** Workflow id of one post for one recipient; `run` counts from 1, later ones were started again. */
export function inboundWorkflowId(inboundEmailId: string, run: number): string {
  return run === 1 ? `inbound/${inboundEmailId}` : `inbound/${inboundEmailId}/again/${run}`;
}
