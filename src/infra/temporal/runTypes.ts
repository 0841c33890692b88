/** What a run is told: ids only (promise 6: Temporal holds ids, not mail). */
export interface InboundRun {
  /** Id of the inbound email's row. */
  id: string;
  /** Storage key of the payload's JSON. */
  key: string;
  /** 1, and one more each time it is started again. */
  run: number;
}

/** What became of one inbound email; reasons are codes and words of ours, never text from the mail. */
export type InboundOutcome =
  | { action: 'routed'; messages: string[]; copy: boolean }
  | { action: 'skipped'; reason: string }
  | { action: 'held'; reason: string }
  | { action: 'failed'; reason: string }
  /** A later run has taken over; this one wrote nothing. */
  | { action: 'superseded' };

/** What the run of a reply is told. */
export interface ReplyRun {
  /** Id of the message's row. */
  id: string;
  /** 1, and one more each time a person has it tried again. */
  run: number;
}

/**
 * What became of a reply by the end of its run; events that come later are written to the message all the same. The code says
 * more to operators; words for an agent are on the message.
 */
export interface ReplyOutcome {
  action:
    | 'cancelled'
    | 'sent'
    | 'delivered'
    | 'delayed'
    | 'complained'
    | 'failed'
    | 'unconfirmed'
    /** A later run has taken over; this one wrote nothing more. */
    | 'superseded';
  code?: string;
}

/** What the run of a set-up is told. */
export interface SetUpRun {
  /** Id of the row of the proof or the domain. */
  id: string;
  /** 1, and one more each time it is begun again. */
  run: number;
}

/** How far the proof of an address is when a run of it goes on as another one. Times in ms since 1970, by the workflow's clock. */
export interface ProofProgress {
  startedAt: number;
  /** Then a code that could not be sent is tried again. */
  codeAt: number;
  /** Then DNS is looked at, and after that once more when `gap` (ms) is over. */
  checkAt: number;
  gap: number;
  /** How many reminders were sent, and when the next one is due. */
  reminders: number;
  remindAt: number;
}

/** What became of the proof of an address. */
export interface ProofOutcome {
  action:
    | 'proved'
    | 'expired'
    /** The address was deleted. */
    | 'dropped'
    /** Begun again: a later run has taken over; this one wrote nothing more. */
    | 'superseded';
}
/** How a claim on a domain ended. `provider`: whether the domain was removed there too (activities/domains/leaveDomain.ts). */
export type DomainOutcome =
  | { action: 'deleted' | 'expired' | 'lost'; provider: 'removed' | 'kept' | 'refused' }
  /** A later run has taken over; this one wrote nothing more. */
  | { action: 'superseded' };

/** What the run of an event's way to an endpoint is told. */
export interface WebhookRun {
  /** Id of the delivery's row. */
  id: string;
  /** 1, and one more each time a person has it sent again. */
  run: number;
}

/** What became of it. */
export interface WebhookOutcome {
  action:
    | 'delivered'
    | 'failed'
    /** The endpoint is off or gone, or there is nothing any more that it may be told. */
    | 'cancelled'
    /** A later run has taken over. */
    | 'superseded';
}

/** What the run that deletes a workspace is told. */
export interface WorkspaceToDelete {
  id: string;
}
