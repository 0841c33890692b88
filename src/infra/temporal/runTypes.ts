/** Input of a run for an incoming mail: ids only, because Temporal holds no mail. */
export interface InboundRun {
  /** Id of the inbound email's row. */
  id: string;
  /** Storage key of the payload's JSON. */
  key: string;
  /** 1, and one more with each rerun. */
  run: number;
}

/** Outcome of one inbound email; reasons are our own codes and words, never text of the mail. */
export type InboundOutcome =
  | { action: 'routed'; messages: string[]; copy: boolean }
  | { action: 'skipped'; reason: string }
  | { action: 'held'; reason: string }
  | { action: 'failed'; reason: string }
  /** A later run has taken over; this one wrote nothing. */
  | { action: 'superseded' };

/** Input of the run of a reply. */
export interface ReplyRun {
  /** Id of the message's row. */
  id: string;
  /** 1, and one more each time a person starts a retry. */
  run: number;
}

/**
 * Outcome of a reply at the end of its run; later events still change the message. The code is for operators;
 * the text for agents is on the message.
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

/** Input of the run of a snooze. */
export interface SnoozeRun {
  /** Id of the thread. */
  id: string;
  kind: 'ticket' | 'conversation';
  /** Ms since 1970. */
  until: number;
}

/** Outcome of a snooze. `over`: mail or a person has woken the thread before, or it was snoozed anew. */
export interface SnoozeOutcome {
  action: 'woken' | 'over';
}

/** Input of the run of a set-up. */
export interface SetUpRun {
  /** Id of the row of the proof or the domain. */
  id: string;
  /** 1, and one more each time the set-up is started again. */
  run: number;
}

/**
 * Progress of the proof of an address, passed on by `continueAsNew`. Times in ms since 1970, by the
 * workflow's clock.
 */
export interface ProofProgress {
  startedAt: number;
  /** When a code that could not be sent is sent again. */
  codeAt: number;
  /** When DNS is looked at next; `gap` (ms) is the wait after that look. */
  checkAt: number;
  gap: number;
  /** Number of reminders sent, and when the next one is due. */
  reminders: number;
  remindAt: number;
}

/** Outcome of the proof of an address. */
export interface ProofOutcome {
  action:
    | 'proved'
    | 'expired'
    /** The address was deleted. */
    | 'dropped'
    /** Started again: a later run has taken over, and this one wrote nothing more. */
    | 'superseded';
}

/**
 * Outcome of a claim on a domain. `provider`: whether the provider removed it too
 * (activities/domains/leaveDomain.ts).
 */
export type DomainOutcome =
  | { action: 'deleted' | 'expired' | 'lost'; provider: 'removed' | 'kept' | 'refused' }
  /** A later run has taken over; this one wrote nothing more. */
  | { action: 'superseded' };

/** Input of the run that works off the deliveries of an endpoint. */
export interface EndpointRun {
  /** Id of the endpoint's row. */
  id: string;
}

/** Outcome of that run; the next delivery starts a new one. */
export interface EndpointOutcome {
  action:
    /** No delivery is pending. */
    'idle' | 'switched off' | 'deleted';
}

/** Input of the run of one delivery, as an earlier version started it. */
export interface WebhookRun {
  /** Id of the delivery's row. */
  id: string;
  /** 1, and one more each time a person sends it again. */
  run: number;
}

/** Outcome of the run of one delivery. */
export interface WebhookOutcome {
  action:
    | 'delivered'
    | 'failed'
    /** The endpoint is disabled or deleted, or it may no longer receive this event. */
    | 'cancelled'
    /** A later run, or that of the endpoint, has taken over. */
    | 'superseded';
}

/** Input of the run that deletes a workspace. */
export interface WorkspaceToDelete {
  id: string;
}
