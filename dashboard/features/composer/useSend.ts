import { useState } from 'react';
import { currentPage } from '../../actions/perform.ts';
import { showToast } from '../../lib/toasts.ts';
import { ask } from '../../lib/intents.ts';
import { keys } from '../../lib/keys.ts';
import { queryClient } from '../../lib/query.ts';
import type { Message, ThreadRef } from '../../lib/rows.ts';
import { moment } from '../../lib/time.ts';
import { rereadThreads } from '../../lib/reread.ts';
import { keep } from '../../lib/storage.ts';
import { words } from '../../words/index.ts';
import { addMessage } from './addMessage.ts';
import type { DraftKeeper } from './DraftKeeper.ts';
import type { Draft } from './draft.ts';
import { faultOf } from './fault.ts';
import type { Place } from './draftApi.ts';
import { LAST_SENDER } from './senders.ts';
import { bodyFor, type How } from './body.ts';
import { sendOnce, undoSend } from './send.ts';
import { warningsOf, type Warning } from './warnings.ts';

interface Options {
  workspace: string;
  place: Place;
  keeper: DraftKeeper;
  messages: readonly Message[];
  isUploading: boolean;
  signature: string | null;
  onSent: () => void;
}

/** A question that stands before the sending. */
interface Asked {
  how: How;
  warnings?: Warning[];
  conflict?: Message[];
  isLater?: boolean;
}

/** Sending with all its questions. */
export function useSend({ workspace, place, keeper, messages, isUploading, signature, onSent }: Options) {
  const [isBusy, setBusy] = useState(false);
  const [fault, setFault] = useState<string | null>(null);
  const [asked, setAsked] = useState<Asked | null>(null);

  const send = async (how: How = {}, isChecked = false): Promise<void> => {
    const { draft } = keeper.state;
    if (draft === null || isBusy) return;
    const wrong = faultOf(draft, isUploading);
    setFault(wrong);
    if (wrong !== null) return;
    const answered = messages.find(({ id }) => id === draft.messageId) ?? null;
    const warnings = isChecked ? [] : warningsOf(draft, answered, messages);
    if (warnings.length > 0) return setAsked({ how, warnings });
    setAsked(null);
    setBusy(true);
    try {
      const sending = await keeper.beginSending();
      const body = {
        ...bodyFor(
          { ...draft, after: draft.after ?? seenIn(messages, keeper.savedAt) },
          how,
          sending.id,
          signature,
        ),
        ...(draft.mode === 'new' && { new_kind: draft.newKind }),
      };
      let isTold = false;
      const outcome = await sendOnce(workspace, place, body, () => {
        if (!isTold) showToast(words.composer.resend);
        isTold = true;
      });
      if ('conflict' in outcome) return setAsked({ how, conflict: outcome.conflict });
      if ('refused' in outcome) return setFault(words.composer.notSent(outcome.refused));
      if ('already' in outcome) showToast(words.composer.alreadySent, { tone: 'bad' });
      else {
        keeper.end(sending);
        onSent();
        finish(workspace, place, keeper, draft, outcome.sent, outcome.opened);
        if (how.status === 'closed') goOn();
      }
    } finally {
      keeper.endSending();
      setBusy(false);
    }
  };

  return {
    isBusy,
    fault,
    warnings: asked?.warnings ?? null,
    conflict: asked?.conflict ?? null,
    send,
    sendChecked: () => send(asked?.how, true),
    /** Sends though somebody wrote meanwhile; what was shown is known now. */
    sendAfter: () => {
      const newest = asked?.conflict?.at(-1)?.id;
      return send({ ...asked?.how, ...(newest !== undefined && { after: newest }) }, true);
    },
    isLater: asked?.isLater === true,
    askLater: () => setAsked({ how: {}, isLater: true }),
    stopAsking: () => setAsked(null),
  };
}

/** Of a draft from another day: the newest message that was there when it was saved. */
const seenIn = (messages: readonly Message[], savedAt: string | null): string | null =>
  messages.findLast(({ created_at }) => savedAt !== null && created_at <= savedAt)?.id ?? null;

/** What is sent and closed is left for the next thread, as with the key. */
function goOn(): void {
  const page = currentPage();
  if (page !== null && !page.isChoosing) page.leave(() => undefined);
}

/** The draft has become a message: it is shown at once, and can be taken back for a while. */
function finish(
  workspace: string,
  place: Place,
  keeper: DraftKeeper,
  draft: Draft,
  sent: Message,
  opened: ThreadRef | null,
): void {
  if (draft.mode === 'new') keep(LAST_SENDER, draft.from);
  const thread = place.thread ?? opened;
  if (thread === null) return;
  addMessage(workspace, thread, sent);
  void rereadThreads(workspace, [thread]);
  const { composer } = words;
  if (draft.mode === 'note') return void showToast(composer.noteAdded);
  const due = sent.due_at === undefined ? 0 : Date.parse(sent.due_at);
  const undo = { name: composer.undo, act: () => void undoOf(workspace, thread, keeper, draft, sent.id) };
  if (sent.state === 'scheduled' && sent.send_at != null)
    showToast(composer.scheduled(moment(sent.send_at, new Date())), { undo });
  else if (due > Date.now()) showToast(composer.sendingIn, { counts: true, until: due, undo });
  else showToast(composer.sent);
}

async function undoOf(
  workspace: string,
  thread: ThreadRef,
  keeper: DraftKeeper,
  draft: Draft,
  message: string,
): Promise<void> {
  const taken = await undoSend(workspace, thread, message);
  if ('refused' in taken) return void showToast(taken.refused, { tone: 'bad' });
  keeper.takeBack(draft, taken.draft);
  showToast(words.composer.takenBack);
  void queryClient.invalidateQueries({ queryKey: keys.messages(workspace, thread.kind, thread.id) });
  void rereadThreads(workspace, [thread]);
  if (draft.mode === 'new') return ask('write', {});
  // The agent may have gone on to another thread.
  ask('open', thread);
  ask('takenBack', { thread, draft: taken.draft });
}
