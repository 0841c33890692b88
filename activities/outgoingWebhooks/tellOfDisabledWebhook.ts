import { cancellationSignal } from '@temporalio/activity';
import type { WebhookDeliveryRow, WebhookRow } from '../../src/infra/models/index.ts';
import { mailOwners } from '../../src/core/platformMail/mailOwners.ts';
import type { EndpointRun } from '../../src/infra/temporal/runTypes.ts';
import type { EndpointDeps } from '../deps.ts';
import { TryAgain } from '../errors.ts';

/**
 * Mails the owners, once, that an endpoint was switched off.
 * @param run of an endpoint; `deliverWebhook` gives the id of a delivery
 * @throws TryAgain while the provider is away
 */
export async function tellOfDisabledWebhook(deps: EndpointDeps, { id }: EndpointRun): Promise<void> {
  const { models } = deps;
  const delivery = await models.WebhookDelivery.findById(id, { webhook_id: 1 }).lean<WebhookDeliveryRow>();
  const endpoint = await models.Webhook.findById(delivery?.webhook_id ?? id).lean<WebhookRow>();
  if (!endpoint?.disabled_at || endpoint.active || endpoint.told_at) return;
  const { _id, workspace_id, url, description, disabled_at, disabled_reason } = endpoint;
  const name = description === '' ? _id : `“${description}” (${_id})`;
  const place = `${deps.publicUrl}/api/v1/workspaces/${workspace_id}/webhooks/${_id}`;
  const isSent = await mailOwners(
    deps,
    workspace_id,
    {
      key: `webhook-disabled.${_id}.${disabled_at.toISOString()}`,
      subject: `A webhook to ${new URL(url).host} was switched off`,
      text: [
        `Postroom switched off the webhook ${name} and no longer sends events to ${new URL(url).origin}.`,
        disabled_reason ?? '',
        '',
        'What to do next:',
        '1. Repair the endpoint.',
        `2. Switch the webhook on again: PATCH ${place} with {"active": true}.`,
        `3. Send the events that it missed: POST ${place}/replay. Events are kept for 30 days.`,
      ].join('\n'),
    },
    cancellationSignal(),
  );
  if (!isSent) throw new TryAgain(['the provider is away']);
  await models.Webhook.updateOne({ _id, disabled_at }, { $set: { told_at: new Date() } });
}
