import { dnsName, proveAddress } from '../../src/core/addresses/proof.ts';
import { describeAnswer } from '../../src/infra/dns/dns.ts';
import type { SetUpRun } from '../../src/infra/temporal/runTypes.ts';
import type { Deps } from '../deps.ts';
import { readProof } from './readProof.ts';

/** Looks up the TXT record of a proof, and stores what DNS answers. */
export async function checkProofDns(deps: Deps, run: SetUpRun): Promise<void> {
  const { models, dns } = deps;
  const proof = await readProof(deps, run);
  if (!proof) return;
  const answer = await dns.lookUp('TXT', dnsName(proof.address));
  const isPublished = answer.agreed.includes(proof.dns_value);
  await models.AddressProof.updateOne(
    { _id: proof._id, run: proof.run },
    {
      $set: {
        // The name may have many other TXT records, which have nothing to do with Postroom.
        dns_found: answer.seen.filter((value) => value.startsWith('postroom-email=')).slice(0, 20),
        dns_note: describeAnswer(answer, (value) => value === proof.dns_value),
        dns_checked_at: new Date(),
      },
    },
  );
  await models.AddressProof.updateOne(
    { _id: proof._id, run: proof.run, check_wanted_at: proof.check_wanted_at },
    { $set: { check_wanted_at: null } },
  );
  if (isPublished) await proveAddress(models, proof, 'dns');
}
