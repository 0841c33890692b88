import { useEffect, useState } from 'react';
import { ChevronLeft, ChevronRight, Download } from 'lucide-react';
import { BUTTON } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { IconButton } from '../../components/IconButton.tsx';
import type { Attachment } from '../../lib/rows.ts';
import { bytes } from '../../lib/size.ts';
import { words } from '../../words/index.ts';
import { fileUrl } from './fileUrl.ts';
import { fileKind } from './fileKinds.ts';

const MOST_TEXT_CHARS = 500_000;

interface Props {
  workspace: string;
  files: readonly Attachment[];
  index: number;
  onMove: (index: number) => void;
  onClose: () => void;
}

/** Shows one file in the page, and goes through the others with the arrow keys. */
export function Viewer({ workspace, files, index, onMove, onClose }: Props) {
  const file = files[index]!;
  const name = file.filename || words.thread.files.unnamed;
  const step = (by: number) => onMove((index + by + files.length) % files.length);
  useEffect(() => {
    const listener = ({ key }: KeyboardEvent) => {
      if (key === 'ArrowRight') step(1);
      if (key === 'ArrowLeft') step(-1);
    };
    addEventListener('keydown', listener);
    return () => removeEventListener('keydown', listener);
  });
  return (
    <Dialog
      wide
      title={name}
      hint={bytes(file.size ?? 0)}
      onClose={onClose}
      footer={
        <>
          {files.length > 1 && (
            <span className="mr-auto flex gap-1">
              <IconButton name={words.thread.files.previous} icon={ChevronLeft} onClick={() => step(-1)} />
              <IconButton name={words.thread.files.next} icon={ChevronRight} onClick={() => step(1)} />
            </span>
          )}
          <a
            href={fileUrl(workspace, file.id)}
            download={name}
            className={`${BUTTON} border-line hover:bg-bg-2`}
          >
            <Download size={16} strokeWidth={1.75} aria-hidden />
            {words.thread.files.downloadOne}
          </a>
        </>
      }
    >
      <Shown key={file.id} url={fileUrl(workspace, file.id)} file={file} name={name} />
    </Dialog>
  );
}

function Shown({ url, file, name }: { url: string; file: Attachment; name: string }) {
  const kind = fileKind(file);
  const content = useContent(url, kind === 'pdf' || kind === 'text' ? kind : null);
  const { files } = words.thread;
  if (kind === 'image') return <img src={url} alt={name} className="mx-auto max-h-[60vh] object-contain" />;
  if (kind === 'other' || (kind === 'pdf' && !navigator.pdfViewerEnabled))
    return <p className="p-8 text-center text-fg-2">{files.noPreview}</p>;
  if (content === null)
    return (
      <p role="status" className="p-8 text-center text-fg-3">
        {words.loading}
      </p>
    );
  if (content === 'unreadable')
    return (
      <p role="alert" className="p-8 text-center">
        {files.unreadable}
      </p>
    );
  if ('pdf' in content) return <iframe src={content.pdf} title={name} className="h-[60vh] w-full border-0" />;
  return (
    <>
      {content.isCut && <p className="pb-2 text-s text-fg-3">{files.cutText}</p>}
      <pre dir="auto" className="font-mono text-s wrap-anywhere whitespace-pre-wrap">
        {content.text}
      </pre>
    </>
  );
}

type Content = { pdf: string } | { text: string; isCut: boolean } | 'unreadable' | null;

/** The file is a download by its headers: it is fetched, and a PDF is shown by the browser's own viewer. */
function useContent(url: string, kind: 'pdf' | 'text' | null): Content {
  const [content, setContent] = useState<Content>(null);
  useEffect(() => {
    if (kind === null) return undefined;
    const stopping = new AbortController();
    let made: string | null = null;
    const load = async () => {
      const response = await fetch(url, { signal: stopping.signal });
      if (!response.ok) throw new Error(response.statusText);
      const blob = await response.blob();
      if (kind === 'pdf') {
        made = URL.createObjectURL(new Blob([blob], { type: 'application/pdf' }));
        setContent({ pdf: made });
      } else {
        const text = await blob.text();
        setContent({ text: text.slice(0, MOST_TEXT_CHARS), isCut: text.length > MOST_TEXT_CHARS });
      }
    };
    load().catch(() => stopping.signal.aborted || setContent('unreadable'));
    return () => {
      stopping.abort();
      if (made !== null) URL.revokeObjectURL(made);
    };
  }, [url, kind]);
  return content;
}
