import { useQuery } from '@tanstack/react-query';
import { Trash2, X } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import { classes } from '../../components/classes.ts';
import { IconButton } from '../../components/IconButton.tsx';
import { Notice } from '../../components/Notice.tsx';
import { currentPage } from '../../actions/perform.ts';
import { ask } from '../../lib/intents.ts';
import { showToast } from '../../lib/toasts.ts';
import { base } from '../../lib/base.ts';
import { usePeople } from '../../lib/people.ts';
import type { Message, Thread } from '../../lib/rows.ts';
import { words } from '../../words/index.ts';
import { Asks } from './Asks.tsx';
import type { DraftKeeper } from './DraftKeeper.ts';
import { isBlank, type Draft } from './draft.ts';
import type { Place } from './draftApi.ts';
import Editor from './Editor.tsx';
import { Envelope } from './Envelope.tsx';
import { FileList } from './FileList.tsx';
import { fromCids, isInText } from './outgoing.ts';
import { Quoted } from './Quoted.tsx';
import { ReplyChoices } from './ReplyChoices.tsx';
import { SendButton } from './SendButton.tsx';
import { useSignature } from './signature.ts';
import { SignatureLine } from './SignatureLine.tsx';
import { snippetsQuery, type Snippet } from '../../lib/snippets.ts';
import { snippetHtml, valuesFor } from './snippets.ts';
import { useSend } from './useSend.ts';
import { useUploads } from './useUploads.ts';
import { useWriting } from './useWriting.ts';

interface Props {
  workspace: string;
  place: Place;
  thread: Thread | undefined;
  messages: readonly Message[];
  keeper: DraftKeeper;
  draft: Draft;
  /** How often the agent has asked to write here; 0: what was begun before is shown. */
  asked: number;
  /** Above the lines: which kind of answer it is. */
  head: ReactNode;
  onClose: () => void;
  onSent: () => void;
}

/** What is being written, with its recipients, text, files and the ways to send it. */
export default function Box(props: Props) {
  const { workspace, place, thread, messages, keeper, draft, asked, head, onClose, onSent } = props;
  const { composer } = words;
  const people = usePeople(workspace);
  const { data: snippets = [] } = useQuery(snippetsQuery(workspace));
  const [isOver, setOver] = useState(false);
  const change = (part: Partial<Draft>) => keeper.change({ ...(keeper.state.draft ?? draft), ...part });
  const addFile = (file: Draft['files'][number]) =>
    change({ files: [...(keeper.state.draft ?? draft).files, file] });
  const uploads = useUploads(workspace, addFile);
  const signature = useSignature(workspace, draft.from);
  const isUploading = uploads.uploads.some(({ fault }) => fault === null);
  const sending = useSend({ workspace, place, keeper, messages, isUploading, signature, onSent });
  useWriting(place.thread, draft.html);
  const isNote = draft.mode === 'note';
  const urlOf = (id: string) => `${base}/api/v1/workspaces/${workspace}/attachments/${id}`;
  const answered = messages.find(({ id }) => id === draft.messageId) ?? null;
  const forwarded =
    draft.mode === 'forward' ? (answered?.attachments.filter(({ inline }) => !inline).length ?? 0) : 0;

  const addPicture = async (file: File): Promise<string | null> => {
    const row = await uploads.add(file, `${crypto.randomUUID()}@picture`);
    return row && urlOf(row.id);
  };
  const takeSnippet = (snippet: Snippet): string => {
    if (snippet.changes) change({ changes: { ...draft.changes, ...snippet.changes } });
    const agent = people.nameOf(people.me) ?? '';
    return snippetHtml(snippet, valuesFor(thread, agent, people.workspaceName));
  };
  const discard = () => {
    const before = draft;
    keeper.end(null);
    onClose();
    if (isBlank(before)) return;
    const undo = () => {
      keeper.takeBack(before, null);
      if (place.thread === null) ask('write', {});
      // The agent may have gone on to another thread; there a draft is shown again by itself.
      else if (currentPage()?.open?.id !== place.thread.id) ask('open', place.thread);
      else if (before.mode !== 'new') ask('compose', { mode: before.mode });
    };
    showToast(composer.discarded, { undo: { name: composer.undo, act: undo } });
  };
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- keys of what is within it
    <section
      aria-label={isNote ? words.thread.note : composer.region}
      onKeyDown={(event) => {
        // In the lines above the text; the text has its own.
        if (event.defaultPrevented) return;
        if (event.key === 'Enter' && (event.ctrlKey || event.metaKey))
          void sending.send(event.shiftKey ? { status: 'closed' } : {});
        else if (event.key === 'Escape') onClose();
        else return;
        event.preventDefault();
      }}
      onDragOver={({ dataTransfer }) => setOver(dataTransfer.types.includes('Files'))}
      onDragLeave={({ currentTarget, relatedTarget }) => {
        if (!currentTarget.contains(relatedTarget as Node | null)) setOver(false);
      }}
      onDrop={(event) => {
        setOver(false);
        // The text takes what is dropped on it.
        if (event.defaultPrevented || event.dataTransfer.files.length === 0) return;
        event.preventDefault();
        for (const file of event.dataTransfer.files) void uploads.add(file);
      }}
      className={classes(
        '@container relative mx-auto max-w-[760px] rounded-big border',
        isNote
          ? 'border-note-line bg-note-bg'
          : 'border-line-2 bg-bg focus-within:shadow-[0_0_0_3px_var(--accent-bg)]',
      )}
    >
      {head}
      {!isNote && (
        <Envelope
          key={draft.mode}
          isAsked={asked > 0}
          workspace={workspace}
          draft={draft}
          onChange={change}
        />
      )}
      <ReplyChoices
        workspace={workspace}
        answered={answered}
        draft={draft}
        onChoose={(to) => change({ to })}
      />
      <Editor
        html={fromCids(draft.html, draft.files, urlOf)}
        label={composer.message}
        placeholder={composer.placeholder[draft.mode]}
        isNote={isNote}
        isBusy={sending.isBusy}
        asked={asked}
        takesCaret={!needsPeople(draft)}
        members={people.members}
        snippets={snippets}
        onChange={(html) => change({ html, ...(isNote && { mentions: mentionsIn(html) }) })}
        onSend={(status) => void sending.send(status ? { status } : {})}
        onFiles={(files) => files.forEach((file) => void uploads.add(file))}
        onPicture={addPicture}
        onSnippet={takeSnippet}
        onEscape={onClose}
        between={
          <>
            {signature !== null && draft.isSigned && !isNote && (
              <SignatureLine onDrop={() => change({ isSigned: false })} />
            )}
            {draft.quote !== null && !isNote && draft.mode !== 'new' && (
              <Quoted message={answered} onDrop={() => change({ quote: null })} />
            )}
            <FileList
              files={draft.files.filter((file) => !isInText(fromCids(draft.html, draft.files, urlOf), file))}
              uploads={uploads.uploads}
              forwarded={forwarded}
              onRemove={(id) => change({ files: draft.files.filter((file) => file.id !== id) })}
              onStop={uploads.remove}
              onRetry={uploads.retry}
            />
            {Object.keys(draft.changes).length > 0 && (
              <p className="px-4 pb-1.5 text-s text-fg-3">{composer.snippetChanges}</p>
            )}
            {sending.fault !== null && (
              <div className="px-4 pb-2">
                <Notice tone="bad">{sending.fault}</Notice>
              </div>
            )}
          </>
        }
        aside={
          <>
            <IconButton name={composer.discard} icon={Trash2} onClick={discard} />
            <IconButton
              name={composer.close}
              icon={X}
              keys="Escape"
              onClick={onClose}
              className="max-[720px]:hidden"
            />
            <SendButton
              isNote={isNote}
              isNew={place.thread === null}
              busy={sending.isBusy}
              onSend={(status) => void sending.send(status ? { status } : {})}
              onLater={sending.askLater}
            />
          </>
        }
      />
      {isOver && (
        <p className="pointer-events-none absolute inset-0 z-10 grid place-items-center rounded-big border-2 border-dashed border-accent bg-accent-bg/90 font-medium text-accent">
          {composer.dropHere}
        </p>
      )}
      <Asks workspace={workspace} sending={sending} />
    </section>
  );
}

/** Nobody is named yet, so the agent begins with that. */
const needsPeople = ({ mode, to }: Draft): boolean =>
  (mode === 'new' || mode === 'forward') && to.length === 0;

/** Colleagues named in a note. */
const mentionsIn = (html: string): string[] => [
  ...new Set([...html.matchAll(/data-type="mention" data-id="([^"]+)"/g)].map((match) => match[1]!)),
];
