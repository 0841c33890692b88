import type { Kind } from '../../lib/rows.ts';

interface Props {
  workspace: string;
  kind: Kind;
  id: string;
}

/** Beside the thread: its fields, who the customer is, and their earlier threads. */
export function ContactPanel({ kind }: Props) {
  return <div className="p-4 text-fg-3">{kind}</div>;
}
