import { Paperclip, RotateCcw, X } from 'lucide-react';
import { classes } from '../../components/classes.ts';
import type { Attachment } from '../../lib/rows.ts';
import { bytes } from '../../lib/size.ts';
import { words } from '../../words/index.ts';
import { MOST_BYTES } from './upload.ts';
import type { Upload } from './useUploads.ts';

interface Props {
  files: readonly Attachment[];
  uploads: readonly Upload[];
  onRemove: (id: string) => void;
  onStop: (key: number) => void;
  onRetry: (upload: Upload) => void;
  /** How many files of a forwarded message go with it. */
  forwarded: number;
}

/** What goes with the text: files with their size, those on their way with their progress. */
export function FileList({ files, uploads, onRemove, onStop, onRetry, forwarded }: Props) {
  const { composer } = words;
  if (files.length + uploads.length + forwarded === 0) return null;
  const size = files.reduce((sum, file) => sum + (file.size ?? 0), 0);
  const isOver = size > MOST_BYTES;
  return (
    <ul className="flex flex-wrap items-center gap-1.5 px-4 pb-2 text-s">
      {forwarded > 0 && (
        <li className="inline-flex h-7 items-center gap-1.5 rounded border border-line px-2">
          <Paperclip size={13} aria-hidden className="text-fg-3" />
          {composer.forwardedFiles(forwarded)}
        </li>
      )}
      {files.map((file) => (
        <li
          key={file.id}
          className="inline-flex h-7 max-w-64 items-center gap-1.5 rounded border border-line pl-2"
        >
          <Paperclip size={13} aria-hidden className="shrink-0 text-fg-3" />
          <span className="truncate">{file.filename}</span>
          <span className="shrink-0 text-fg-3 tabular-nums">{bytes(file.size ?? 0)}</span>
          <Remove name={composer.removeFile(file.filename)} onClick={() => onRemove(file.id)} />
        </li>
      ))}
      {uploads.map((one) => (
        <UploadItem key={one.key} upload={one} onStop={() => onStop(one.key)} onRetry={() => onRetry(one)} />
      ))}
      {files.length > 0 && (
        <li className={classes('tabular-nums', isOver ? 'text-bad' : 'text-fg-3')}>
          {isOver ? composer.overLimit(bytes(MOST_BYTES)) : composer.filesOf(bytes(size), bytes(MOST_BYTES))}
        </li>
      )}
    </ul>
  );
}

function UploadItem({
  upload,
  onStop,
  onRetry,
}: {
  upload: Upload;
  onStop: () => void;
  onRetry: () => void;
}) {
  const { composer } = words;
  const { file, share, fault } = upload;
  if (fault !== null)
    return (
      <li role="alert" className="inline-flex min-h-7 items-center gap-1.5 rounded bg-bad-bg pl-2 text-bad">
        <span className="wrap-anywhere">{composer.uploadFailed(file.name, fault)}</span>
        {file.size <= MOST_BYTES && (
          <button
            type="button"
            aria-label={composer.retryUpload(file.name)}
            onClick={onRetry}
            className="grid size-6 place-items-center"
          >
            <RotateCcw size={12} aria-hidden />
          </button>
        )}
        <Remove name={composer.removeFile(file.name)} onClick={onStop} />
      </li>
    );
  return (
    <li className="relative inline-flex h-7 max-w-64 items-center gap-1.5 overflow-hidden rounded border border-line pl-2">
      <span className="truncate">{file.name}</span>
      <span className="shrink-0 text-fg-3 tabular-nums">{bytes(file.size)}</span>
      <Remove name={composer.removeFile(file.name)} onClick={onStop} />
      <progress
        max={1}
        value={share}
        aria-label={composer.uploading(file.name, Math.round(share * 100))}
        className="absolute inset-x-0 bottom-0 h-0.5 w-full accent-accent"
      />
    </li>
  );
}

const Remove = ({ name, onClick }: { name: string; onClick: () => void }) => (
  <button
    type="button"
    aria-label={name}
    onClick={onClick}
    className="grid size-7 shrink-0 place-items-center text-fg-3 hover:text-fg pointer-coarse:size-9"
  >
    <X size={12} aria-hidden />
  </button>
);
