import type { InboundEmailRow } from '../../src/infra/models/index.ts';
import { NO_ADDRESS } from '../../src/infra/models/message.ts';
import type { Naming } from '../../src/core/threads/people.ts';
import type { StoredMail } from '../../src/mail/storedMail.ts';

/** What of a mail says who takes part through it (core/threads/people.ts). */
export function namingOf({ mail, sender }: Pick<InboundEmailRow, 'mail' | 'sender'>): Naming {
  const { from, reply_to, to, cc } = mail as StoredMail;
  return {
    from: from ?? NO_ADDRESS,
    sender: sender ?? NO_ADDRESS,
    reply_to,
    to,
    cc,
    authentication: { verdict: sender?.verdict ?? 'none' },
    sender_reason: sender?.proved ? null : 'unproved',
  };
}
