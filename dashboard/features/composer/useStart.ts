import type { Message, Thread, WorkspaceEmail } from '../../lib/rows.ts';
import type { DraftKeeper } from './DraftKeeper.ts';
import type { Draft, Mode } from './draft.ts';
import { defaultsOf } from './defaults.ts';
import { startOf } from './start.ts';

/**
 * Begins an answer or a note, or turns the one that is there into another kind: its text stays, its recipients become those of
 * the new kind. What the page knows is shown at once; what the server says follows, unless the agent has changed it by then.
 */
export function useStart(
  workspace: string,
  thread: Thread | undefined,
  messages: readonly Message[],
  emails: readonly WorkspaceEmail[],
) {
  return (keeper: DraftKeeper, mode: Mode, messageId?: string): void => {
    if (thread === undefined) return;
    const before = keeper.state.draft;
    if (before?.mode === mode && (messageId === undefined || before.messageId === messageId)) return;
    const ours = emails.map(({ address }) => address);
    const fresh = startOf({ thread, messages, ours }, mode, messageId ?? before?.messageId ?? undefined);
    const draft: Draft = before === null ? fresh : { ...before, ...envelopeOf(fresh) };
    keeper.change(draft);
    if (mode === 'note' || mode === 'new') return;
    void defaultsOf(workspace, thread, mode, draft.messageId).then((defaults) => {
      const now = keeper.state.draft;
      if (defaults === null || now === null || !isUntouched(now, draft)) return;
      const { sending_email, to, cc, subject } = defaults;
      keeper.change({
        ...now,
        from: sending_email ?? now.from,
        // An older server knows only the answer to all.
        ...(mode === 'reply_all' && { to, cc }),
        ...(mode === 'reply' && { to }),
        ...(mode !== 'forward' && { subject }),
      });
    });
  };
}

const envelopeOf = ({
  mode,
  messageId,
  from,
  to,
  cc,
  bcc,
  subject,
  quote,
  after,
}: Draft): Partial<Draft> => ({
  mode,
  messageId,
  from,
  to,
  cc,
  bcc,
  subject,
  quote,
  after,
});

const isUntouched = (now: Draft, then: Draft): boolean =>
  now.mode === then.mode &&
  JSON.stringify([now.from, now.to, now.cc, now.bcc, now.subject]) ===
    JSON.stringify([then.from, then.to, then.cc, then.bcc, then.subject]);
