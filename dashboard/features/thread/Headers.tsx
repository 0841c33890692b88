import { useQuery } from '@tanstack/react-query';
import { base } from '../../lib/base.ts';
import { words } from '../../words/index.ts';

/** Enough for the headers of any mail; the whole may have 25 MB. */
const MOST_BYTES = 256 * 1024;

/** The header lines of a mail as it was received. */
export function Headers({ workspace, inbound }: { workspace: string; inbound: string }) {
  const { data, isError } = useQuery({
    queryKey: ['w', workspace, 'headers', inbound],
    staleTime: Infinity,
    retry: false,
    queryFn: async ({ signal }) => {
      const url = `${base}/api/v1/workspaces/${workspace}/inbound-emails/${inbound}/raw`;
      return headersOf(await beginning(await fetch(url, { signal })));
    },
  });
  if (isError) return <p role="alert">{words.thread.files.unreadable}</p>;
  return (
    <pre className="max-h-80 overflow-auto rounded bg-bg p-2 font-mono text-xs wrap-anywhere whitespace-pre-wrap">
      {data ?? words.loading}
    </pre>
  );
}

async function beginning(response: Response): Promise<string> {
  if (!response.ok || response.body === null) throw new Error(response.statusText);
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let text = '';
  while (text.length < MOST_BYTES && !/\r?\n\r?\n/.test(text)) {
    const { done, value } = await reader.read();
    if (done) break;
    text += decoder.decode(value, { stream: true });
  }
  void reader.cancel();
  return text;
}

const headersOf = (raw: string): string => raw.split(/\r?\n\r?\n/, 1)[0]!.replace(/\r/g, '');
