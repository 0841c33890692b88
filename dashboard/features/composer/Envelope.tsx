import { useState } from 'react';
import type { Address } from '../../lib/rows.ts';
import { words } from '../../words/index.ts';
import type { Draft } from './draft.ts';
import { FromField } from './FromField.tsx';
import { Recipients } from './Recipients.tsx';

interface Props {
  workspace: string;
  draft: Draft;
  /** The agent wants to write: the caret goes where it is needed first. */
  isAsked: boolean;
  onChange: (part: Partial<Draft>) => void;
}

const MOST_SUBJECT_CHARS = 1_000;

/** From, To, Cc, Bcc and subject. Whoever gets it is always seen; empty lines wait behind their names. */
export function Envelope({ workspace, draft, isAsked, onChange }: Props) {
  const { composer } = words;
  const [asked, setAsked] = useState<ReadonlySet<string>>(new Set());
  const show = (line: string) => setAsked((before) => new Set(before).add(line));
  const isNew = draft.mode === 'new' || draft.mode === 'forward';
  const hasCc = draft.cc.length > 0 || asked.has('cc');
  const hasBcc = draft.bcc.length > 0 || asked.has('bcc');
  const hasSubject = isNew || asked.has('subject');
  const set = (field: 'to' | 'cc' | 'bcc') => (people: Address[]) => onChange({ [field]: people });
  return (
    <div className="grid grid-cols-[44px_minmax(0,1fr)] items-center gap-x-2 gap-y-1 px-4 pt-1.5 text-s">
      <FromField workspace={workspace} from={draft.from} onChange={(from) => onChange({ from })} />
      <Recipients
        workspace={workspace}
        label={composer.to}
        people={draft.to}
        autoFocus={isAsked && isNew && draft.to.length === 0}
        onChange={set('to')}
        aside={
          <span className="flex shrink-0 gap-2">
            {!hasCc && <Show name={composer.showCc} text={composer.cc} onClick={() => show('cc')} />}
            {!hasBcc && <Show name={composer.showBcc} text={composer.bcc} onClick={() => show('bcc')} />}
            {!hasSubject && (
              <Show name={composer.showSubject} text={composer.subject} onClick={() => show('subject')} />
            )}
          </span>
        }
      />
      {hasCc && (
        <Recipients
          workspace={workspace}
          label={composer.cc}
          people={draft.cc}
          autoFocus={asked.has('cc')}
          onChange={set('cc')}
        />
      )}
      {hasBcc && (
        <Recipients
          workspace={workspace}
          label={composer.bcc}
          people={draft.bcc}
          autoFocus={asked.has('bcc')}
          onChange={set('bcc')}
        />
      )}
      {hasSubject && (
        <>
          <label htmlFor="composer-subject" className="text-fg-3">
            {composer.subject}
          </label>
          <input
            id="composer-subject"
            dir="auto"
            autoFocus={asked.has('subject')}
            maxLength={MOST_SUBJECT_CHARS}
            value={draft.subject}
            onChange={({ target }) => onChange({ subject: target.value })}
            className="h-6 w-full bg-transparent font-medium outline-none pointer-coarse:h-9 pointer-coarse:text-[16px]"
          />
        </>
      )}
    </div>
  );
}

const Show = ({ name, text, onClick }: { name: string; text: string; onClick: () => void }) => (
  <button
    type="button"
    aria-label={name}
    onClick={onClick}
    className="min-h-6 min-w-6 text-fg-3 hover:text-fg hover:underline pointer-coarse:py-2"
  >
    {text}
  </button>
);
