import { CircleAlert, Moon, Trash2 } from 'lucide-react';
import { actOnThreads } from '../../lib/change.ts';
import type { Thread } from '../../lib/rows.ts';
import { moment } from '../../lib/time.ts';
import { words } from '../../words/index.ts';
import { change } from './changeText.ts';
import { Strip, StripAct } from './Strip.tsx';

/** What is unusual about the thread, and how it is put right. */
export function Banners({ workspace, thread }: { workspace: string; thread: Thread }) {
  const { trash, spam, restore, notSpam, snoozedUntil, wake, done } = words.thread;
  if (thread.deleted_at === null && !thread.spam && thread.snoozed_until === null) return null;
  return (
    <div className="px-7 pt-3 max-[720px]:px-3">
      {thread.deleted_at !== null && (
        <Strip
          icon={Trash2}
          tone="bad"
          acts={
            <StripAct onClick={() => actOnThreads(workspace, [thread], 'restore', done.restored)}>
              {restore}
            </StripAct>
          }
        >
          {trash}
        </Strip>
      )}
      {thread.spam && (
        <Strip
          icon={CircleAlert}
          tone="warn"
          acts={<StripAct onClick={() => change(workspace, thread, { spam: false })}>{notSpam}</StripAct>}
        >
          {spam}
        </Strip>
      )}
      {thread.snoozed_until !== null && (
        <Strip
          icon={Moon}
          acts={
            <StripAct onClick={() => change(workspace, thread, { snoozed_until: null })}>{wake}</StripAct>
          }
        >
          {snoozedUntil(moment(thread.snoozed_until, new Date()))}
        </Strip>
      )}
    </div>
  );
}
