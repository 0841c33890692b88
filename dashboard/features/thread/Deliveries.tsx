import { CheckCheck, Clock, Send, TriangleAlert, type LucideIcon } from 'lucide-react';
import type { Message, ThreadRef } from '../../lib/rows.ts';
import { exact } from '../../lib/time.ts';
import { useNow } from '../../lib/useNow.ts';
import { words } from '../../words/index.ts';
import { deliveryLines, type DeliveryLine } from './deliveryText.ts';
import { retryMessage, takeBack } from './messageActs.ts';
import { StripAct } from './Strip.tsx';

const LOOKS: Record<DeliveryLine['tone'], { icon: LucideIcon; look: string }> = {
  ok: { icon: CheckCheck, look: 'text-ok' },
  bad: { icon: TriangleAlert, look: 'text-bad' },
  warn: { icon: Clock, look: 'text-warn' },
  plain: { icon: Send, look: 'text-fg-3' },
};

/** What became of an answer, for each recipient, and what can still be done. */
export function Deliveries({
  workspace,
  thread,
  message,
}: {
  workspace: string;
  thread: ThreadRef;
  message: Message;
}) {
  const now = useNow(30_000);
  const lines = deliveryLines(message, now);
  if (lines.length === 0) return null;
  const { state, state_at } = message;
  return (
    <footer
      className="flex flex-wrap items-center gap-x-3.5 gap-y-1 pt-2 text-s"
      title={state_at === undefined ? undefined : exact(state_at)}
    >
      {lines.map(({ key, tone, text }) => {
        const { icon: Icon, look } = LOOKS[tone];
        return (
          <span key={key} className={`inline-flex items-center gap-1.5 ${look}`}>
            <Icon size={15} strokeWidth={1.75} aria-hidden className="shrink-0" />
            <span className="wrap-anywhere">{text}</span>
          </span>
        );
      })}
      {(state === 'failed' || state === 'unconfirmed') && (
        <StripAct onClick={() => void retryMessage(workspace, thread, message.id)}>
          {words.thread.delivery.retry}
        </StripAct>
      )}
      {(state === 'scheduled' || state === 'queued') && (
        <StripAct onClick={() => void takeBack(workspace, thread, message.id)}>
          {words.thread.delivery.cancel}
        </StripAct>
      )}
    </footer>
  );
}
