import type { Kind } from '../../lib/rows.ts';

interface Props {
  workspace: string;
  kind: Kind;
  id: string;
}

/** Where an answer or a note is written, below the thread. */
export function Composer({ kind }: Props) {
  return <div className="border-t border-line p-3 text-fg-3">{kind}</div>;
}
