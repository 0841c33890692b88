import { type Client, WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import {
  deleteWorkspaceId,
  endpointWorkflowId,
  inboundWorkflowId,
  MAIL_QUEUE,
  REPLY_QUEUE,
  replyWorkflowId,
  SET_UP_QUEUE,
  setUpWorkflowId,
  snoozeWorkflowId,
  WEBHOOK_QUEUE,
} from './ids.ts';
import { createTemporalBreaker } from './breaker.ts';
import type {
  EndpointRun,
  InboundRun,
  ReplyRun,
  SetUpRun,
  SnoozeRun,
  WorkspaceToDelete,
} from './runTypes.ts';

/**
 * Workflow types that are started one by one, each with its input; schedules.ts has the others. Stored histories
 * hold the types: they never change.
 */
interface WorkflowInputs {
  inboundEmail: InboundRun;
  sendReply: ReplyRun;
  deliverToEndpoint: EndpointRun;
  verifyForwarding: SetUpRun;
  verifyDomain: SetUpRun;
  snoozeThread: SnoozeRun;
  deleteWorkspace: WorkspaceToDelete;
}

/**
 * - `started`: this call started the run, or signalled the open one (`signalsOpenRun`).
 * - `already-started`: nothing was done, because a run with this id is open or has closed.
 */
export type Started = 'started' | 'already-started';

/**
 * Starts workflows; the only place that does, besides schedules.ts. The workflow id makes a second start
 * harmless.
 * @throws EngineAway when Temporal has been away for a while, and nothing was started; ServiceError when it is
 * away now, and the run may have started all the same. Each after 5 s at the latest.
 */
export type WorkflowStarts = {
  /**
   * @param fairnessKey of whom the work is for (a workspace): what waits in one task queue is taken from each
   * key in turn. Runs without a key share one.
   */
  [Type in keyof WorkflowInputs]: (input: WorkflowInputs[Type], fairnessKey?: string) => Promise<Started>;
};

/**
 * Temporal's priority keys: of what waits in one task queue the lowest number goes first. Activities inherit
 * them, unless workflows/policies.ts or workflows/steps.ts says otherwise.
 */
export const PRIORITY = { mail: 2, setUp: 2, webhook: 3, deletion: 4, daily: 5 } as const;

interface StartRule<Input> {
  queue: string;
  priorityKey: (typeof PRIORITY)[keyof typeof PRIORITY];
  workflowId: (input: Input) => string;
  /** Ids only: Temporal never holds mail. */
  args: (input: Input) => unknown[];
  /** For operators, in Temporal's UI. */
  summary: (input: Input) => string;
  details?: (input: Input) => string;
  /** Refuse a second start even when the first run has closed. Without it only an open run refuses. */
  onlyOnce: boolean;
  /** Send the signal `wake` with the start: an open run reads its row again instead of refusing. */
  signalsOpenRun: boolean;
}

interface NumberedRun {
  id: string;
  run: number;
}
const idAndRun = ({ id, run }: NumberedRun): [NumberedRun] => [{ id, run }];
const numbered =
  (text: string) =>
  ({ run }: NumberedRun): string =>
    run === 1 ? text : `${text}, run ${run}`;

const RULES: { [Type in keyof WorkflowInputs]: StartRule<WorkflowInputs[Type]> } = {
  inboundEmail: {
    queue: MAIL_QUEUE,
    priorityKey: PRIORITY.mail,
    workflowId: ({ id, run }) => inboundWorkflowId(id, run),
    args: ({ id, key, run }) => [{ id, key, run }],
    summary: numbered('A mail comes in'),
    details: ({ key }) => `Payload: ${key}`,
    onlyOnce: true,
    signalsOpenRun: false,
  },
  sendReply: {
    queue: REPLY_QUEUE,
    priorityKey: PRIORITY.mail,
    workflowId: ({ id, run }) => replyWorkflowId(id, run),
    args: idAndRun,
    summary: numbered('A reply goes out'),
    onlyOnce: true,
    signalsOpenRun: false,
  },
  // It ends when nothing is pending, and the next delivery starts it again.
  deliverToEndpoint: {
    queue: WEBHOOK_QUEUE,
    priorityKey: PRIORITY.webhook,
    workflowId: ({ id }) => endpointWorkflowId(id),
    args: ({ id }) => [{ id }],
    summary: () => 'Events go to an endpoint',
    onlyOnce: false,
    signalsOpenRun: true,
  },
  verifyForwarding: {
    queue: SET_UP_QUEUE,
    priorityKey: PRIORITY.setUp,
    workflowId: ({ id, run }) => setUpWorkflowId('verifyForwarding', id, run),
    args: idAndRun,
    summary: numbered('An address is being proved'),
    onlyOnce: true,
    signalsOpenRun: true,
  },
  verifyDomain: {
    queue: SET_UP_QUEUE,
    priorityKey: PRIORITY.setUp,
    workflowId: ({ id, run }) => setUpWorkflowId('verifyDomain', id, run),
    args: idAndRun,
    summary: numbered('A domain is proved, and then checked again and again'),
    onlyOnce: true,
    signalsOpenRun: true,
  },
  // The same time may be wanted twice: a run that has closed does nothing any more.
  snoozeThread: {
    queue: SET_UP_QUEUE,
    priorityKey: PRIORITY.setUp,
    workflowId: ({ id, until }) => snoozeWorkflowId(id, until),
    args: ({ id, kind, until }) => [{ id, kind, until }],
    summary: () => 'A thread is snoozed',
    onlyOnce: false,
    signalsOpenRun: false,
  },
  deleteWorkspace: {
    queue: SET_UP_QUEUE,
    priorityKey: PRIORITY.deletion,
    workflowId: ({ id }) => deleteWorkspaceId(id),
    args: ({ id }) => [{ id }],
    summary: () => 'A workspace is deleted',
    onlyOnce: false,
    signalsOpenRun: false,
  },
};

const DEADLINE_MS = 5_000;

export function createWorkflowStarts(client: Client, breaker = createTemporalBreaker()): WorkflowStarts {
  const starter =
    <Type extends keyof WorkflowInputs>(type: Type) =>
    async (input: WorkflowInputs[Type], fairnessKey?: string): Promise<Started> => {
      const startInTime = () =>
        client.connection.withDeadline(Date.now() + DEADLINE_MS, () =>
          start(client, type, input, fairnessKey),
        );
      try {
        await breaker.call(startInTime);
        return 'started';
      } catch (error) {
        if (error instanceof WorkflowExecutionAlreadyStartedError) return 'already-started';
        throw error;
      }
    };
  return {
    inboundEmail: starter('inboundEmail'),
    sendReply: starter('sendReply'),
    deliverToEndpoint: starter('deliverToEndpoint'),
    verifyForwarding: starter('verifyForwarding'),
    verifyDomain: starter('verifyDomain'),
    snoozeThread: starter('snoozeThread'),
    deleteWorkspace: starter('deleteWorkspace'),
  };
}

function start<Type extends keyof WorkflowInputs>(
  client: Client,
  type: Type,
  input: WorkflowInputs[Type],
  fairnessKey?: string,
): Promise<unknown> {
  const rule = RULES[type];
  const options = {
    taskQueue: rule.queue,
    workflowId: rule.workflowId(input),
    args: rule.args(input),
    staticSummary: rule.summary(input),
    staticDetails: rule.details?.(input),
    priority: { priorityKey: rule.priorityKey, fairnessKey },
    workflowIdReusePolicy: rule.onlyOnce ? 'REJECT_DUPLICATE' : 'ALLOW_DUPLICATE',
  } as const;
  return rule.signalsOpenRun
    ? client.workflow.signalWithStart(type, { ...options, signal: 'wake' })
    : client.workflow.start(type, { ...options, workflowIdConflictPolicy: 'FAIL' });
}
