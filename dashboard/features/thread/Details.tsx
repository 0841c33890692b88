import { useState, type ReactNode } from 'react';
import { base } from '../../lib/base.ts';
import type { Address, Message, ThreadRef } from '../../lib/rows.ts';
import { exact } from '../../lib/time.ts';
import { words } from '../../words/index.ts';
import { Headers } from './Headers.tsx';
import { viewUrl } from './MailFrame.tsx';
import { StripAct } from './Strip.tsx';

const addresses = (people: readonly Address[]): string =>
  people.map(({ name, email }) => (name ? `${name} <${email}>` : email)).join(', ');

/** Everything about a message that its head has no room for. */
export function Details({
  workspace,
  thread,
  message,
}: {
  workspace: string;
  thread: ThreadRef;
  message: Message;
}) {
  const { details } = words.thread;
  const [headers, setHeaders] = useState(false);
  const { authentication: proof, inbound_email_id: inbound, sender, from } = message;
  const isRewritten = sender !== null && from !== null && sender.email !== from.email;
  return (
    <div className="mt-2 mb-3 grid gap-2 rounded bg-bg-2 p-3 text-s text-fg-2">
      <dl className="grid grid-cols-[max-content_1fr] gap-x-4 gap-y-1">
        <Line name={details.from}>{from && addresses([from])}</Line>
        <Line name={details.sender}>{isRewritten && addresses([sender])}</Line>
        <Line name={details.replyTo}>{addresses(message.reply_to)}</Line>
        <Line name={details.to}>{addresses(message.to)}</Line>
        <Line name={details.cc}>{addresses(message.cc)}</Line>
        <Line name={details.bcc}>{addresses(message.bcc ?? [])}</Line>
        <Line name={details.date}>{exact(message.sent_at ?? message.created_at)}</Line>
        <Line name={details.subject}>{message.subject}</Line>
        <Line name={details.reached}>{message.direction === 'inbound' && message.to_email}</Line>
        <Line name={details.sentAs}>{message.direction === 'outbound' && message.sending_email}</Line>
        <Line name={details.proof}>
          {proof &&
            [
              [details.spf, proof.spf],
              [details.dkim, proof.dkim],
              [details.dmarc, proof.dmarc],
            ]
              .filter(([, result]) => result)
              .map((pair) => pair.join(' '))
              .join(' · ')}
        </Line>
        <Line name={details.messageId}>{message.message_id}</Line>
      </dl>
      <p className="flex flex-wrap gap-x-4 gap-y-1">
        {inbound != null && (
          <>
            <a
              className="py-1 font-[550] underline underline-offset-2"
              download
              href={`${base}/api/v1/workspaces/${workspace}/inbound-emails/${inbound}/raw`}
            >
              {details.raw}
            </a>
            <StripAct onClick={() => setHeaders(!headers)}>
              {headers ? details.hideHeaders : details.headers}
            </StripAct>
          </>
        )}
        <a
          className="py-1 font-[550] underline underline-offset-2"
          target="_blank"
          rel="noopener noreferrer"
          href={viewUrl(workspace, thread, message.id, { images: false, quotes: true })}
        >
          {details.openAlone}
        </a>
      </p>
      {headers && inbound != null && <Headers workspace={workspace} inbound={inbound} />}
    </div>
  );
}

function Line({ name, children }: { name: string; children: ReactNode }) {
  if (children === null || children === '' || children === false || children === undefined) return null;
  return (
    <>
      <dt className="text-fg-3">{name}</dt>
      <dd dir="auto" className="min-w-0 text-start wrap-anywhere">
        {children}
      </dd>
    </>
  );
}
