import type { Config } from '../../config.ts';
import type { CreatedDomain, ProviderDomain } from '../setup.ts';
import { ask, Deleted, isMissing, read } from './account.ts';
import type { MailgunAnswer } from './call.ts';
import { DomainAnswer } from './domainRecords.ts';
import { saidIn } from './said.ts';

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
    // Only so do mails come with Mailgun's verdicts of SPF, DKIM and spam.
    spam_action: 'tag',
    // A key of its own, also where the account has a domain above it: that one may be another workspace's, and may go.
    force_dkim_authority: 'true',
  };
  const answer = await ask(config, (client) => client.request.postWithFD('/v4/domains', form));
  if (answer.status === 400) {
    const said = saidIn(answer.body);
    if (/\balready taken\b/i.test(said)) return { result: 'taken' };
    if (/\balready exists\b/i.test(said)) return { result: 'exists' };
  }
  return { result: 'created', domain: read(answer, DomainAnswer) };
}

/** `DELETE /v3/domains/{name}`; Mailgun does it "in the background". */
export async function removeDomain(config: Config['mailgun'], name: string): Promise<void> {
  const path = `/v3/domains/${encodeURIComponent(name)}`;
  const answer = await ask(config, (client) => client.request.delete(path));
  if (!isMissing(answer, 'domain')) read(answer, Deleted);
}
