import type { Config } from '../../config.ts';
import type { CreatedDomain, ProviderDomain } from '../setup.ts';
import { ask, Deleted, isMissing, read } from './account.ts';
import type { MailgunAnswer } from './call.ts';
import { DomainAnswer } from './domainRecords.ts';
import { answerText } from './answerText.ts';

const domainOrNull = (answer: MailgunAnswer): ProviderDomain | null =>
  isMissing(answer, 'domain') ? null : read(answer, DomainAnswer);

/** `GET /v4/domains/{name}`. */
export async function findDomain(config: Config['mailgun'], name: string): Promise<ProviderDomain | null> {
  const path = `/v4/domains/${encodeURIComponent(name)}`;
  return domainOrNull(await ask(config, (client) => client.request.get(path, { 'h:with_dns': true })));
}

/** `PUT /v4/domains/{name}/verify`. */
export async function verifyDomain(config: Config['mailgun'], name: string): Promise<ProviderDomain | null> {
  const path = `/v4/domains/${encodeURIComponent(name)}/verify`;
  return domainOrNull(await ask(config, (client) => client.request.put(path)));
}

/** `POST /v4/domains`. */
export async function createDomain(config: Config['mailgun'], name: string): Promise<CreatedDomain> {
  const form = {
    name,
    dkim_key_size: '2048',
    // Without it Mailgun adds no verdicts about SPF, DKIM and spam to mails.
    spam_action: 'tag',
    // A key of its own, even if the account has the parent domain: that may be another workspace's, and may
    // be removed.
    force_dkim_authority: 'true',
  };
  const answer = await ask(config, (client) => client.request.postWithFD('/v4/domains', form));
  if (answer.status === 400) {
    const message = answerText(answer.body);
    if (/\balready taken\b/i.test(message)) return { result: 'taken' };
    if (/\balready exists\b/i.test(message)) return { result: 'exists' };
  }
  return { result: 'created', domain: read(answer, DomainAnswer) };
}

/** `DELETE /v3/domains/{name}`; Mailgun deletes the domain "in the background". */
export async function removeDomain(config: Config['mailgun'], name: string): Promise<void> {
  const path = `/v3/domains/${encodeURIComponent(name)}`;
  const answer = await ask(config, (client) => client.request.delete(path));
  if (!isMissing(answer, 'domain')) read(answer, Deleted);
}
