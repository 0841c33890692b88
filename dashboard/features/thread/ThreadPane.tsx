import type { Kind } from '../../lib/rows.ts';

interface Props {
  workspace: string;
  kind: Kind;
  id: string;
}

/** The open thread: its head, its messages. */
export function ThreadPane({ kind, id }: Props) {
  return <div className="flex-1 overflow-auto p-6">{`${kind} ${id}`}</div>;
}
