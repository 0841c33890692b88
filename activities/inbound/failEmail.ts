import type { InboundRun } from '../../src/infra/temporal/runTypes.ts';
import type { Deps } from '../deps.ts';
import { writeRow } from './inboundRow.ts';
import { saveRow } from './saveRow.ts';

/**
 * Fails a mail on which a step fails again and again: people see it in the failed list, and can run it again.
 * Its row may not exist yet, or belong to an earlier run, when it was its first step that failed.
 */
export async function failEmail(deps: Deps, mail: InboundRun, reason: string): Promise<void> {
  await saveRow(deps, mail, null, { state: 'failed', reason, mail: null });
  await writeRow(deps, mail, ['received'], { state: 'failed', reason });
}
