import { useState } from 'react';
import { TriangleAlert } from 'lucide-react';
import type { Message } from '../../lib/rows.ts';
import { words } from '../../words/index.ts';
import { listed } from './recipients.ts';
import { Strip, StripAct } from './Strip.tsx';

/** Says why a mail may not be what it seems, and what an answer would do. */
export function Proof({ message }: { message: Message }) {
  const [why, setWhy] = useState(false);
  const sentences = doubtsOf(message);
  if (sentences.length === 0) return null;
  return (
    <>
      <Strip
        icon={TriangleAlert}
        tone="warn"
        acts={<StripAct onClick={() => setWhy(!why)}>{words.thread.proof.why}</StripAct>}
      >
        {sentences.join(' ')}
      </Strip>
      {why && <p className="mb-2 text-s text-fg-2">{words.thread.proof.whyText}</p>}
    </>
  );
}

function doubtsOf(message: Message): string[] {
  if (message.direction !== 'inbound') return [];
  const { proof } = words.thread;
  const email = (message.sender ?? message.from)?.email ?? words.thread.unknownSender;
  const doubts: string[] = [];
  if (message.sender_reason === 'stranger') doubts.push(proof.stranger(email));
  else if (!message.sender_known) doubts.push(proof.unproved(email));
  const { reply_choices: asked, answers_to: to, answers_elsewhere: isElsewhere } = message;
  if (asked.length > 0 && (doubts.length > 0 || !message.list_mail)) doubts.push(proof.asks(listed(asked)));
  else if (isElsewhere && message.sender?.email === message.from?.email)
    doubts.push(proof.elsewhere(listed(to)));
  return doubts;
}
