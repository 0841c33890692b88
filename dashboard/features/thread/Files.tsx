import { useState } from 'react';
import { Download } from 'lucide-react';
import { base } from '../../lib/base.ts';
import type { Attachment, Message, ThreadRef } from '../../lib/rows.ts';
import { bytes } from '../../lib/size.ts';
import { words } from '../../words/index.ts';
import { extension, fileKind } from './fileKinds.ts';
import { fileUrl } from './fileUrl.ts';
import { Viewer } from './Viewer.tsx';

interface Props {
  workspace: string;
  thread: ThreadRef;
  message: Message;
}

/** The files of a message, as a gallery. Pictures within the text are not among them. */
export function Files({ workspace, thread, message }: Props) {
  const [shown, setShown] = useState<number | null>(null);
  const files = message.attachments.filter(({ inline }) => !inline);
  if (files.length === 0) return null;
  const zip = `${base}/api/v1/workspaces/${workspace}/${thread.kind}s/${thread.id}/messages/${message.id}/attachments.zip`;
  return (
    <div className="flex flex-wrap items-center gap-2 pt-3">
      {files.map((file, index) => (
        <File key={file.id} workspace={workspace} file={file} onOpen={() => setShown(index)} />
      ))}
      {files.length > 1 && (
        <a
          href={zip}
          download
          className="inline-flex items-center gap-1.5 text-s text-accent hover:underline"
        >
          <Download size={14} aria-hidden />
          {words.thread.files.all}
        </a>
      )}
      {shown !== null && (
        <Viewer
          workspace={workspace}
          files={files}
          index={shown}
          onMove={setShown}
          onClose={() => setShown(null)}
        />
      )}
    </div>
  );
}

function File({ workspace, file, onOpen }: { workspace: string; file: Attachment; onOpen: () => void }) {
  const name = file.filename || words.thread.files.unnamed;
  const isStored = file.state === 'stored';
  return (
    <button
      type="button"
      disabled={!isStored}
      aria-label={words.thread.files.open(name)}
      onClick={onOpen}
      title={file.reason ?? name}
      className="flex max-w-60 items-center gap-2 rounded border border-line bg-bg py-1.5 pr-2.5 pl-1.5 text-start text-s hover:bg-bg-2 disabled:opacity-70"
    >
      <Thumb workspace={workspace} file={file} />
      <span className="min-w-0">
        <span className="block truncate">{name}</span>
        <span className="block text-fg-3 tabular-nums">
          {isStored ? bytes(file.size ?? 0) : stateOf(file)}
        </span>
      </span>
    </button>
  );
}

function Thumb({ workspace, file }: { workspace: string; file: Attachment }) {
  const look = 'grid size-8 shrink-0 place-items-center overflow-hidden rounded-[4px] text-[9px] font-bold';
  if (fileKind(file) === 'image' && file.state === 'stored')
    return (
      <span className={`${look} bg-bg-2`}>
        <img src={fileUrl(workspace, file.id)} alt="" loading="lazy" className="size-full object-cover" />
      </span>
    );
  const tone = fileKind(file) === 'pdf' ? 'bg-bad-bg text-bad' : 'bg-bg-2 text-fg-2';
  return (
    <span aria-hidden className={`${look} ${tone}`}>
      {extension(file.filename)}
    </span>
  );
}

function stateOf({ state }: Attachment): string {
  const { files } = words.thread;
  return state === 'pending' ? files.pending : state === 'too_large' ? files.tooLarge : files.failed;
}
