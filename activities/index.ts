import type { InboundRun } from '../workflows/types.ts';
import { archiveEmail } from './archiveEmail.ts';
import { classifyEmail } from './classifyEmail.ts';
import type { Deps } from './deps.ts';
import { translate } from './errors.ts';
import { fetchAttachments } from './fetchAttachments.ts';
import { matchContact } from './matchContact.ts';
import { recordMessage } from './recordMessage.ts';
import { resolveForwarding } from './resolveForwarding.ts';
import { routeEmail } from './routeEmail.ts';
import { holdEmail, skipEmail } from './skipEmail.ts';

/** The steps that a worker runs. Each may run twice, beside itself, and after its successors. */
export function createActivities(deps: Deps) {
  const step =
    <Args extends unknown[], Result>(
      work: (deps: Deps, mail: InboundRun, ...args: Args) => Promise<Result>,
    ) =>
    async (mail: InboundRun, ...args: Args): Promise<Result> => {
      try {
        return await work(deps, mail, ...args);
      } catch (error) {
        throw translate(error, work.name, deps.log);
      }
    };
  return {
    archiveEmail: step(archiveEmail),
    resolveForwarding: step(resolveForwarding),
    classifyEmail: step(classifyEmail),
    routeEmail: step(routeEmail),
    matchContact: step(matchContact),
    recordMessage: step(recordMessage),
    fetchAttachments: step(fetchAttachments),
    skipEmail: step(skipEmail),
    holdEmail: step(holdEmail),
  };
}

export type Activities = ReturnType<typeof createActivities>;
