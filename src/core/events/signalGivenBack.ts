import type { Models, OutboundMessageRow } from '../../infra/models/index.ts';
import { takenBackDraft } from '../replies/drafts.ts';
import { signalDraft } from './signals.ts';

/** Tells the authors' tabs of the drafts that these messages, which were not sent, have become. */
export async function signalGivenBack(models: Models, messages: OutboundMessageRow[]): Promise<void> {
  for (const message of messages) {
    const draft = await takenBackDraft(models, message);
    if (draft) await signalDraft(models, draft);
  }
}
