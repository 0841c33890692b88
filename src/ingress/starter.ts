import type { Logger } from 'pino';
import type { Config } from '../infra/config.ts';
import { marksFolder, payloadKey } from '../infra/archive/keys.ts';
import { type Envelope, readEnvelope } from '../infra/archive/recipients.ts';
import type { Storage } from '../infra/storage/storage.ts';
import type { WorkflowStarts } from '../infra/temporal/workflowStarts.ts';
import { fairnessKeyOf } from '../mail/fairnessKey.ts';
import { createMarkWork, oldestMarkAge, type Mark, type MarkTask } from './marks.ts';
import { TokenBuckets } from './tokenBuckets.ts';

/** A durable post whose workflows must be started. */
export interface UnstartedPost extends Mark, Envelope {}

export interface StarterDeps {
  providers: ReadonlyMap<string, unknown>;
  storage: Storage;
  starts: Pick<WorkflowStarts, 'inboundEmail'>;
  /**
   * Notes a post on the row of the post that it repeats; does nothing when the row is of the post itself.
   * @returns false when that row does not exist yet.
   */
  noteRepeat: (inboundEmailId: string, postId: string) => Promise<boolean>;
  config: Pick<Config, 'platformDomain' | 'mailsPerMinute' | 'senderMailsPerMinute'>;
  log: Logger;
}

export interface Starter {
  /**
   * Starts the post's workflows in the background, and then removes its mark. Never throws. A post that comes
   * faster than its buckets fill is started a little later.
   */
  add(post: UnstartedPost): void;
  /** Adds the marks that other processes left, now and every 30 s. */
  takeUpMarks(): void;
  /** Age of the oldest mark in seconds (marks.ts). */
  oldestAge(): Promise<number>;
  /** Resolves when the tasks under way have ended; the marks keep the rest. */
  close(): Promise<void>;
}

/**
 * Processes the marks of mails: starts one workflow for each recipient, then removes the mark. Idempotent;
 * safe to run in several processes, because Temporal refuses a second start, and that counts as success.
 */
export function createStarter(deps: StarterDeps): Starter {
  const { storage, config, log } = deps;
  const keyOf = (recipient: string) => fairnessKeyOf(recipient, config.platformDomain);
  const work = { ...deps, keyOf, waitFor: createWaits(config, keyOf) };
  const store = { providers: [...deps.providers.keys()], folder: marksFolder, storage };
  const taskOf = (mark: Mark) => startTask(work, mark, null);
  const marks = createMarkWork({ ...store, name: 'mails', taskOf, log });
  return {
    add({ provider, id, ...envelope }) {
      const mark = { provider, id };
      const group = keyOf(envelope.deliveries[0]?.recipient ?? '');
      marks.add({ mark, group, task: startTask(work, mark, envelope) });
    },
    takeUpMarks: () => marks.takeUp(),
    oldestAge: () => oldestMarkAge(store),
    close: () => marks.close(),
  };
}

type KeyOf = (recipient: string) => string;

/** @returns how long a post must wait for its tokens (ms): one for each recipient, and one more for its sender */
function createWaits(config: StarterDeps['config'], keyOf: KeyOf): (post: Envelope) => number {
  const all = new TokenBuckets(config.mailsPerMinute);
  const bySender = new TokenBuckets(config.senderMailsPerMinute);
  return ({ deliveries, sender_hash }) => {
    const waits = deliveries.map(({ recipient }) => {
      const key = keyOf(recipient);
      return Math.max(all.take(key), sender_hash ? bySender.take(`${key} ${sender_hash}`) : 0);
    });
    return Math.max(0, ...waits);
  };
}

interface StartDeps extends StarterDeps {
  keyOf: KeyOf;
  waitFor: (post: Envelope) => number;
}

/** @param given null: it is read from the payload */
function startTask(deps: StartDeps, { provider, id: postId }: Mark, given: Envelope | null): MarkTask {
  const key = payloadKey(provider, postId);
  let toStart: Envelope['deliveries'] | undefined;
  /** A run with this id existed already, perhaps that of another post with the same content. */
  const toNote: string[] = [];

  return async () => {
    if (!toStart) {
      const envelope = given ?? (await readEnvelope(deps.storage, key));
      toStart = [...envelope.deliveries];
      const afterMs = deps.waitFor(envelope);
      if (afterMs > 0) return { afterMs };
    }
    for (let next = toStart[0]; next !== undefined; next = toStart[0]) {
      const { inbound_id: id, recipient } = next;
      const started = await deps.starts.inboundEmail({ id, key, run: 1 }, deps.keyOf(recipient));
      if (started === 'already-started') toNote.push(id);
      toStart.shift();
    }
    for (let id = toNote[0]; id !== undefined; id = toNote[0]) {
      if (!(await deps.noteRepeat(id, postId))) return false;
      toNote.shift();
    }
    return true;
  };
}
