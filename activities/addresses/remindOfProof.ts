import { cancellationSignal } from '@temporalio/activity';
import { dnsName } from '../../src/core/addresses/proof.ts';
import { mailOwners } from '../../src/core/platformMail/mailOwners.ts';
import type { SetUpRun } from '../../src/infra/temporal/runTypes.ts';
import type { Deps } from '../deps.ts';
import { readProof, type ProofVerdict } from './readProof.ts';
import { HOUR_MS } from '../../src/lib/time.ts';

const LATER_MS = HOUR_MS;

/** Reminds the workspace's owners that an address is still to be proved. @param n of the reminder, from 1 */
export async function remindOfProof(deps: Deps, run: SetUpRun, n: number): Promise<ProofVerdict> {
  const proof = await readProof(deps, run);
  if (!proof) return { verdict: 'over' };
  const { address, expires_at } = proof;
  const until = expires_at.toISOString().slice(0, 10);
  const told = await mailOwners(
    deps,
    proof.workspace_id,
    {
      key: `proof-reminder.${proof._id}.${proof.run}.${n}`,
      subject: `${address} is not proved yet`,
      text: [
        `Postroom does not receive mail for ${address} yet: nobody has shown that the address is yours.`,
        '',
        'Any one of these shows it:',
        `- enter the code that was mailed to ${address} (have another one sent when it is older than 30 minutes);`,
        `- have mail to ${address} forwarded to its forwarding address, and another code sent: that mail comes back by itself;`,
        `- publish a TXT record at ${dnsName(address)} with the value ${proof.dns_value}`,
        '',
        `Mail for it that comes meanwhile is kept until ${until}, and skipped then.`,
      ].join('\n'),
    },
    cancellationSignal(),
  );
  return told ? { verdict: 'over' } : { verdict: 'later', ms: LATER_MS };
}
